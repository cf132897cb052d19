using Kyozo.Engine.Host;

namespace Kyozo.Cli.Setup;

/// <summary>The PostgreSQL programs of one major version.</summary>
sealed record PostgresBinaries(int Version, string Folder)
{
    /// <summary>Oldest version that Kyozo works with.</summary>
    public const int OldestVersion = 15;

    const string Debian = "/usr/lib/postgresql";

    public string Program(string name) => Path.Combine(Folder, name);

    public bool HasStatements => Directory.Exists(Debian)
        && File.Exists(Path.Combine(Path.GetDirectoryName(Folder)!, "lib", "pg_stat_statements.so"));

    /// <summary>The newest installed version, or exactly the given one; installed from the distribution when there is none.</summary>
    /// <param name="version">Major version of an existing data folder, or null.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<PostgresBinaries> EnsureAsync(int? version, Action<string> say, CancellationToken cancellationToken)
    {
        if (Find(version) is { } present) return present;
        KeepOthersFromStarting();
        await AptPackages.InstallAsync("PostgreSQL", [version is null ? "postgresql" : $"postgresql-{version}"], say, cancellationToken);
        return Find(version) ?? throw new CommandException(version is null
            ? $"Kyozo needs PostgreSQL {OldestVersion} or later, and this distribution has an older one. Give the connection of a server instead: kyozo up --database \"Host=…;Username=…;Password=…\""
            : $"The database of this installation was made by PostgreSQL {version}, whose programs are not here. Install them with: apt-get install postgresql-{version}");
    }

    /// <summary>The newest installed version from <see cref="OldestVersion"/> on, or exactly the given one; null when there is none.</summary>
    public static PostgresBinaries? Find(int? version)
    {
        if (!Directory.Exists(Debian)) return null;
        return Directory.EnumerateDirectories(Debian)
            .Select(folder => (Major: int.TryParse(Path.GetFileName(folder), out var major) ? major : 0, Bin: Path.Combine(folder, "bin")))
            .Where(found => found.Major >= OldestVersion && (version is null || found.Major == version) && File.Exists(Path.Combine(found.Bin, "initdb")))
            .OrderByDescending(found => found.Major)
            .Select(found => new PostgresBinaries(found.Major, found.Bin))
            .FirstOrDefault();
    }

    // Debian's package makes and starts a cluster of its own on installation, unless told not to.
    static void KeepOthersFromStarting()
    {
        const string settings = "/etc/postgresql-common/createcluster.d";
        if (!AptPackages.CanInstall || Directory.Exists("/etc/postgresql-common")) return;
        Directory.CreateDirectory(settings);
        File.WriteAllText(Path.Combine(settings, "kyozo.conf"), "# Kyozo runs a cluster of its own; remove this file to let the package make one.\ncreate_main_cluster = false\n");
    }
}
