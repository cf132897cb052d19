namespace Kyozo.Engine.Folders;

/// <summary>Paths as the file system sees them: every link on the way resolved, compared segment by segment.</summary>
public static class RealPath
{
    const int MostLinks = 40;

    /// <summary>The path with every symbolic link resolved, also those in its middle. What does not exist is kept as it is.</summary>
    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static string Of(string absolutePath)
    {
        var links = 0;
        var pending = new Stack<string>(Segments(Path.GetFullPath(absolutePath)).Reverse());
        var real = Path.GetPathRoot(Path.GetFullPath(absolutePath))!;
        while (pending.TryPop(out var segment))
        {
            if (segment == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            var next = Path.Combine(real, segment);
            if (new FileInfo(next).LinkTarget is not { } link)
            {
                real = next;
                continue;
            }

            if (++links > MostLinks) throw new IOException($"Too many levels of symbolic links: {absolutePath}");
            if (Path.IsPathRooted(link)) real = Path.GetPathRoot(link)!;
            foreach (var part in Segments(link).Reverse()) pending.Push(part);
        }

        return real;
    }

    /// <summary>True when a path is a folder itself or lies below it; <c>/ws-evil</c> is not below <c>/ws</c>.</summary>
    public static bool IsWithin(string path, string folder)
    {
        var inner = Segments(path);
        var outer = Segments(folder);
        return inner.Length >= outer.Length && inner.AsSpan(0, outer.Length).SequenceEqual(outer);
    }

    /// <summary>True when one of two folders contains the other, or both are the same.</summary>
    public static bool Overlap(string a, string b) => IsWithin(a, b) || IsWithin(b, a);

    static string[] Segments(string path) =>
        [.. path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Where(s => s != ".")];
}
