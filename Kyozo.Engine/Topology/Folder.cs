using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology;

/// <summary>One folder as the detectors see it.</summary>
sealed class Folder(FolderIndex index, string path)
{
    public FolderIndex Index => index;

    /// <summary>Relative to the analysed folder, <c>.</c> for itself.</summary>
    public string Path => path;

    /// <summary>0 for the analysed folder.</summary>
    public int Depth { get; } = path == "." ? 0 : path.AsSpan().Count('/') + 1;

    /// <summary>The last part of the path; for the analysed folder its own name.</summary>
    public string Name { get; } = path == "." ? index.Snapshot.Name : path[(path.LastIndexOf('/') + 1)..];

    string[]? _parts;

    /// <summary>The parts of <see cref="Path"/>.</summary>
    public string[] Parts => _parts ??= path.Split('/');

    readonly FolderFiles _files = index.In(path);

    public IReadOnlyList<SnapshotFile> Files => _files;

    public SnapshotFile? File(string relative) => relative.Contains('/', StringComparison.Ordinal) ? index.Knows(relative) ? index.File(Paths.Join(path, relative)) : null : _files.Named(relative);

    public bool Has(string relative) => File(relative) is not null;

    /// <summary>The first of these that is there.</summary>
    public SnapshotFile? First(params ReadOnlySpan<string> relatives)
    {
        foreach (var relative in relatives)
        {
            if (File(relative) is { } file) return file;
        }
        return null;
    }

    /// <summary>The files with one of these extensions.</summary>
    public IEnumerable<SnapshotFile> With(params ReadOnlySpan<string> extensions)
    {
        List<SnapshotFile>? with = null;
        foreach (var file in _files)
        {
            if (extensions.Contains(file.Extension)) (with ??= []).Add(file);
        }
        return with ?? Enumerable.Empty<SnapshotFile>();
    }

    public IEnumerable<SnapshotFile> Below => index.Below(path);

    public string? Text(string relative) => File(relative)?.Text;
}
