using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology.Reading;

/// <summary>Lines of a file, for evidence.</summary>
static class TextLines
{
    /// <summary>1-based line of the first occurrence, or null.</summary>
    public static int? LineOf(this SnapshotFile file, string needle)
    {
        file.Questions?.AskLine(needle);
        return file.RawText?.IndexOf(needle, StringComparison.Ordinal) is >= 0 and var at ? LineAt(file.RawText, at) : null;
    }

    /// <summary>1-based line of an offset.</summary>
    public static int LineAt(string text, int offset) => text.AsSpan(0, offset).Count('\n') + 1;

    public static bool Mentions(this SnapshotFile? file, string needle)
    {
        file?.Questions?.AskMentions(needle);
        return file?.RawText?.Contains(needle, StringComparison.Ordinal) == true;
    }

    /// <summary>True when it opens a server.</summary>
    public static bool Listens(this SnapshotFile file)
    {
        file.Questions?.AskListens();
        return file.ServerAt() >= 0;
    }

    /// <summary>Where it opens its first server, or -1; looked for once. Who asks notes that himself.</summary>
    public static int ServerAt(this SnapshotFile file)
    {
        if (file.ServerAt is { } known) return known;
        var at = file.RawText is { } text && CodePatterns.Listens().Match(text) is { Success: true } server ? server.Index : -1;
        file.ServerAt = at;
        return at;
    }

    /// <summary>First line of a version file, without a leading <c>v</c>.</summary>
    public static string? FirstWord(this SnapshotFile? file)
    {
        if (file?.Text is not { } text) return null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var word = line.Trim();
            if (word.IsEmpty || word[0] == '#') continue;
            return word.TrimStart('v').ToString();
        }
        return null;
    }
}
