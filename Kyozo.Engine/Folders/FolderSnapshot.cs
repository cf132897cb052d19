using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Answers;

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

    /// <summary>By what a later scan tells that nothing changed; null when that is not asked for, or a limit cut the scan.</summary>
    internal ScanTrace? Trace { get; init; }
}

/// <summary>One regular file of a snapshot.</summary>
public sealed record SnapshotFile
{
    readonly string? _text;
    const int NotLooked = int.MinValue;

    readonly FileName _name;
    string? _path;
    int _serverAt = NotLooked;

    /// <param name="path">Relative to the root, with forward slashes.</param>
    /// <param name="text">Its text, or null when it was not read.</param>
    public SnapshotFile(string path, string? text)
        : this(path.LastIndexOf('/') is >= 0 and var slash ? path[..slash] : ".", FileName.Of(path[(path.LastIndexOf('/') + 1)..]), text) => _path = path;

    internal SnapshotFile(string folder, FileName name, string? text) => (Folder, _name, _text) = (folder, name, text);

    /// <summary>Relative to the root, with forward slashes. Made when it is asked for: nobody asks it of most files.</summary>
    public string Path => _path ??= Folder == "." ? Name : $"{Folder}/{Name}";

    /// <summary>Its text, or null when it was not read.</summary>
    public string? Text
    {
        get
        {
            Questions?.TakeAll();
            return _text;
        }
    }

    /// <summary>True when it was read.</summary>
    internal bool IsRead => _text is not null;

    /// <summary>True when there is something in it.</summary>
    internal bool HasText => _text is { Length: > 0 };

    /// <summary>Where what is asked of the text is noted, when that is to be remembered.</summary>
    internal FileQuestions? Questions { get; init; }

    /// <summary>The text for those who note themselves what they ask of it.</summary>
    internal string? RawText => _text;

    /// <summary>Where its text opens a server, -1 for nowhere; null until somebody looked. The same whoever looks.</summary>
    internal int? ServerAt
    {
        get => _serverAt == NotLooked ? null : _serverAt;
        set => _serverAt = value!.Value;
    }

    /// <summary>The last part of <see cref="Path"/>.</summary>
    public string Name => _name.Text;

    /// <summary>The folder it lies in, relative to the root; <c>.</c> for the root.</summary>
    public string Folder { get; }

    /// <summary>Extension in lower case with its dot, or empty.</summary>
    public string Extension => _name.Extension;

    /// <summary>True for the same path with the same text.</summary>
    public bool Equals(SnapshotFile? other) => other is not null && (ReferenceEquals(this, other) || Name == other.Name && Folder == other.Folder && _text == other._text);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Path, _text);
}
