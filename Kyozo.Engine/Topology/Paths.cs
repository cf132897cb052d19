namespace Kyozo.Engine.Topology;

/// <summary>Relative paths with forward slashes; <c>.</c> is the analysed folder.</summary>
static class Paths
{
    /// <summary>Where a relative path written in a file of <paramref name="folder"/> leads; null when it leads out of the analysed folder.</summary>
    public static string? Resolve(string folder, string relative)
    {
        if (relative.StartsWith('/') || relative.StartsWith('~') || relative.Contains(':', StringComparison.Ordinal) || relative.Contains('\0', StringComparison.Ordinal)) return null;
        var parts = new List<string>(folder == "." ? [] : folder.Split('/'));
        foreach (var part in relative.Replace('\\', '/').Split('/'))
        {
            if (part is "" or ".") continue;
            if (part != "..") parts.Add(part);
            else if (parts.Count == 0) return null;
            else parts.RemoveAt(parts.Count - 1);
        }
        return parts.Count == 0 ? "." : string.Join('/', parts);
    }

    public static string Join(string folder, string relative) => folder == "." ? relative : relative is "" or "." ? folder : $"{folder}/{relative}";

    /// <summary>A path as seen from a folder that holds it; one outside stays as it is.</summary>
    public static string Inside(string folder, string path) => folder == "." || path == folder || !IsIn(path, folder) ? path : path[(folder.Length + 1)..];

    public static string Normal(string path) => path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;

    public static string Parent(string path) => path.LastIndexOf('/') is >= 0 and var slash ? path[..slash] : ".";

    /// <summary>The folders that hold it, the nearest first and the root last; none for the root.</summary>
    public static IEnumerable<string> Above(string path)
    {
        while (path != ".") yield return path = Parent(path);
    }

    public static string Last(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>True for the folder itself and all below it.</summary>
    public static bool IsIn(string path, string folder) => folder == "." || path == folder || (path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.Ordinal));
}
