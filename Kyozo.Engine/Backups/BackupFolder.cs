using System.Globalization;
using System.Text.RegularExpressions;

namespace Kyozo.Engine.Backups;

/// <summary>The folder of one database's backups. The names say what each file is, so that they need no database: <c>kyozo-20261125T023000Z.kyozobackup</c>, <c>….unchecked.kyozobackup</c>, <c>….part</c>, and what failed its check under <c>damaged/</c>.</summary>
sealed class BackupFolder(string path, string database)
{
    const string Time = "yyyyMMdd'T'HHmmss'Z'";
    const string Unchecked = ".unchecked";

    readonly string _prefix = Regex.Replace(database, "[^A-Za-z0-9_]", "_") + "-";

    string Damaged => Path.Combine(path, "damaged");

    public string NameOf(DateTimeOffset takenAt, bool isChecked) =>
        Path.Combine(path, _prefix + takenAt.UtcDateTime.ToString(Time, CultureInfo.InvariantCulture) + (isChecked ? "" : Unchecked) + BackupFile.Extension);

    /// <summary>Makes the folder, closed to others.</summary>
    public void Create()
    {
        foreach (var folder in (string[])[path, Damaged])
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Removes what killed runs left. Only under the lock of backups.</summary>
    public int Sweep()
    {
        var left = Directory.EnumerateFiles(path, _prefix + "*" + BackupFile.PartExtension).ToList();
        foreach (var file in left) File.Delete(file);
        return left.Count;
    }

    /// <summary>Puts a file aside that failed its check; returns where it is.</summary>
    public string PutAside(string part, DateTimeOffset takenAt)
    {
        var aside = Path.Combine(Damaged, Path.GetFileName(NameOf(takenAt, isChecked: true)));
        File.Move(part, aside, overwrite: true);
        return aside;
    }

    public IReadOnlyList<StoredBackup> List() => List(path);

    /// <summary>Removes those that rotation lets go; returns their paths.</summary>
    public IReadOnlyList<string> Rotate(BackupOptions options)
    {
        IReadOnlyList<string> gone =
        [
            .. BackupRotation.ToRemove(List(path), options).Select(backup => backup.Path),
            .. List(Damaged).OrderByDescending(backup => backup.TakenAt).Skip(options.KeepDamaged).Select(backup => backup.Path),
        ];
        foreach (var file in gone) File.Delete(file);
        return gone;
    }

    List<StoredBackup> List(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, _prefix + "*" + BackupFile.Extension).Select(Parse).OfType<StoredBackup>()] : [];

    StoredBackup? Parse(string file)
    {
        var name = Path.GetFileName(file)[_prefix.Length..^BackupFile.Extension.Length];
        var isChecked = !name.EndsWith(Unchecked, StringComparison.Ordinal);
        if (!isChecked) name = name[..^Unchecked.Length];
        return DateTimeOffset.TryParseExact(name, Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? new(file, at, isChecked) : null;
    }
}
