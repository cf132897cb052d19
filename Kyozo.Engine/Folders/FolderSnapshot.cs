using Kyozo.Data.Topology;

namespace Kyozo.Engine.Folders;

/// <summary>What a folder held when it was scanned: every file's name, and the text of those that say something about services. Nothing in it changes any more.</summary>
public sealed record FolderSnapshot
{
    /// <summary>The folder as it was named.</summary>
    public required string Root { get; init; }

    /// <summary>The last part of its full path; what a service in the folder itself is called.</summary>
    public required string Name { get; init; }

    /// <summary>The files, by path in ordinal order.</summary>
    public required IReadOnlyList<SnapshotFile> Files { get; init; }

    /// <summary>What was not listed or not read, by path.</summary>
    public required IReadOnlyList<SkippedPath> Skipped { get; init; }
}

/// <summary>One regular file of a snapshot.</summary>
/// <param name="Path">Relative to the root, with forward slashes.</param>
/// <param name="Text">Its text, or null when it was not read.</param>
public sealed record SnapshotFile(string Path, string? Text)
{
    /// <summary>The last part of <see cref="Path"/>.</summary>
    public string Name { get; } = Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The folder it lies in, relative to the root; <c>.</c> for the root.</summary>
    public string Folder { get; } = Path.LastIndexOf('/') is >= 0 and var slash ? Path[..slash] : ".";

    /// <summary>Extension in lower case with its dot, or empty.</summary>
    public string Extension { get; } = System.IO.Path.GetExtension(Path).ToLowerInvariant();
}
