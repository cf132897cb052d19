using System.Text.RegularExpressions;

namespace Kyozo.Engine.Folders;

/// <summary>
/// Judges the names in an upload before anything is written (SAFETY ): one bad name refuses the whole upload, as do two names that are one on some machines.
/// Pure: it remembers names, it touches no file.
/// </summary>
sealed partial class ArchiveEntryNames
{
    const int LongestPath = 1024;
    const int LongestSegment = 255;
    const int Deepest = 64;

    // Folded path → the path as it was first spelt, and whether it is a file.
    readonly Dictionary<string, (string Path, bool IsFile)> _seen = [];

    /// <summary>The clean relative path of a folder, or an empty one for the upload's root itself.</summary>
    public string AddFolder(string name) => Add(name, isFile: false);

    /// <summary>The clean relative path of a file.</summary>
    public string AddFile(string name) => Add(name, isFile: true);

    string Add(string name, bool isFile)
    {
        var segments = Check(name, isFile);
        for (var depth = 1; depth <= segments.Length; depth++)
        {
            var path = string.Join('/', segments[..depth]);
            var folded = string.Join('/', segments[..depth].Select(FoldedName.Of));
            Register(folded, path, isFile && depth == segments.Length);
        }

        return string.Join('/', segments);
    }

    void Register(string folded, string path, bool isFile)
    {
        if (!_seen.TryGetValue(folded, out var before))
        {
            _seen.Add(folded, (path, isFile));
            return;
        }

        if (before.Path != path)
            throw new FolderRefusedException($"The upload holds both \"{Shown(before.Path)}\" and \"{Shown(path)}\", which are one name on many machines.");
        if (isFile || before.IsFile) throw new FolderRefusedException($"The upload holds \"{Shown(path)}\" twice.");
    }

    static string[] Check(string name, bool isFile)
    {
        if (name.Contains('\0') || name.Any(char.IsControl)) throw Refused(name, "has control characters in its name");
        if (name.Contains('\\')) throw Refused(name, "has a backslash in its name");
        if (name.StartsWith('/')) throw Refused(name, "is an absolute path");
        if (DriveLetter().IsMatch(name)) throw Refused(name, "begins with a drive letter");
        if (name.Length > LongestPath) throw Refused(name, $"has a path longer than {LongestPath} characters");

        // "./web/" is how tar writes the folder web of the current folder.
        var trimmed = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name == "." ? "" : name;
        if (trimmed.EndsWith('/') && !isFile) trimmed = trimmed[..^1];
        if (trimmed.Length == 0) return isFile ? throw Refused(name, "has no name") : [];

        var segments = trimmed.Split('/');
        if (segments.Length > Deepest) throw Refused(name, $"is nested deeper than {Deepest} folders");
        if (segments.Any(s => s is "..")) throw Refused(name, "leads out of the upload");
        if (segments.Any(s => s is "" or "." || s.Trim(' ', '.').Length == 0)) throw Refused(name, "has a part without a name");
        if (segments.Any(s => System.Text.Encoding.UTF8.GetByteCount(s) > LongestSegment)) throw Refused(name, $"has a part longer than {LongestSegment} bytes");
        return segments;
    }

    static FolderRefusedException Refused(string name, string why) => new($"The upload is refused: \"{Shown(name)}\" {why}.");

    static string Shown(string name)
    {
        var text = new string([.. name.Select(c => char.IsControl(c) ? '?' : c)]);
        return text.Length <= 200 ? text : text[..200] + "…";
    }

    [GeneratedRegex("^[A-Za-z]:")]
    private static partial Regex DriveLetter();
}
