using System.Collections.Concurrent;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology;

/// <summary>A snapshot made quick to ask: files by path and by folder, manifests parsed once. What cannot be parsed is noted and counts as not there.</summary>
sealed class FolderIndex
{
    readonly Dictionary<string, FolderFiles> _byFolder = new(StringComparer.Ordinal);
    /// <summary>A bit for each name that is anywhere.</summary>
    readonly ulong[] _names = new ulong[NameWords];
    readonly Folder[] _byPathOrder;
    readonly ConcurrentDictionary<string, object> _parsed = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, string> _unreadable = new(StringComparer.Ordinal);
    readonly Lazy<Dictionary<string, SnapshotFile>> _nodePackages;
    readonly Lazy<List<DaprComponent>> _daprComponents;

    const int NameWords = 2048;

    public FolderIndex(FolderSnapshot snapshot)
    {
        Snapshot = snapshot;
        _nodePackages = new(ReadNodePackages);
        _daprComponents = new(() => DaprComponent.In(this));
        SnapshotFile? last = null;
        FolderFiles? files = null;
        foreach (var file in snapshot.Files)
        {
            // Names that are no UTF-8 may look the same.
            if (last is not null && file.Name == last.Name && file.Folder == last.Folder) continue;
            if ((files is null || !ReferenceEquals(file.Folder, last!.Folder)) && !_byFolder.TryGetValue(file.Folder, out files)) _byFolder[file.Folder] = files = new();
            files.Append(file);
            var bit = NameBits.Of(file.Name) % (NameWords * 64);
            _names[bit / 64] |= 1UL << (int)(bit % 64);
            last = file;
        }
        _byPathOrder = [.. _byFolder.Keys.Order(StringComparer.Ordinal).Select(path => new Folder(this, path))];
        // Stable: folders of one depth stay in the order of their paths.
        Folders = [.. _byPathOrder.OrderBy(folder => folder.Depth)];
    }

    public FolderSnapshot Snapshot { get; }

    /// <summary>Every folder with a file in it, the root first, then by depth and path.</summary>
    public IReadOnlyList<Folder> Folders { get; }

    /// <summary>The package.json of each package by the package's name; of two with one name the first.</summary>
    public IReadOnlyDictionary<string, SnapshotFile> NodePackages => _nodePackages.Value;

    /// <summary>The components of Dapr that stand for backing services.</summary>
    public IReadOnlyList<DaprComponent> DaprComponents => _daprComponents.Value;

    /// <summary>Files that could not be parsed.</summary>
    public IEnumerable<SkippedPath> Unreadable => _unreadable.Select(pair => new SkippedPath(pair.Key, pair.Value));

    public SnapshotFile? File(string path)
    {
        path = Paths.Normal(path);
        var (folder, name) = path.LastIndexOf('/') is >= 0 and var slash ? (path[..slash], path[(slash + 1)..]) : (".", path);
        return _byFolder.GetValueOrDefault(folder)?.Named(name);
    }

    /// <summary>False when no file of that name is anywhere: most of what detectors ask for is in no folder.</summary>
    public bool Knows(string path)
    {
        var bit = NameBits.Of(path.AsSpan(path.LastIndexOf('/') + 1)) % (NameWords * 64);
        return (_names[bit / 64] & (1UL << (int)(bit % 64))) != 0;
    }

    public FolderFiles In(string folder) => _byFolder.GetValueOrDefault(folder, FolderFiles.None);

    /// <summary>The files of a folder and everything below it.</summary>
    public IEnumerable<SnapshotFile> Below(string folder) => folder == "." ? Snapshot.Files : Prefixed(folder + "/");

    /// <summary>The folders below one, without itself, in the order of <see cref="Folders"/>.</summary>
    public IEnumerable<Folder> FoldersBelow(string folder)
    {
        if (folder == ".") return Folders.Where(one => one.Depth > 0);
        var prefix = folder + "/";
        return _byPathOrder.Skip(FirstFrom(_byPathOrder.Length, at => _byPathOrder[at].Path, prefix)).TakeWhile(one => one.Path.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(one => one.Depth);
    }

    public void Note(string path, string reason) => _unreadable.TryAdd(path, reason);

    /// <summary>The file as JSON, comments and trailing commas forgiven; null when it is not there or not JSON.</summary>
    public JsonElement? Json(SnapshotFile? file) => Parse<object>(file, "JSON", text => JsonText.Parse(text)) is JsonElement element ? element : null;

    public YamlNode? Yaml(SnapshotFile? file) => Parse(file, "YAML", YamlText.Parse);

    /// <summary>All documents of a YAML file; what cannot be parsed is noted and gives none.</summary>
    public IReadOnlyList<YamlNode> YamlDocuments(SnapshotFile file)
    {
        try
        {
            return file.Text is { } text ? YamlText.ParseAll(text) : [];
        }
        catch (FormatException problem)
        {
            Note(file.Path, $"not valid YAML: {FirstLine(problem.Message)}");
            return [];
        }
    }

    public TomlText? Toml(SnapshotFile? file) => Parse(file, "TOML", TomlText.Parse);

    public XDocument? Xml(SnapshotFile? file) => Parse(file, "XML", Reading.XmlText.Parse);

    Dictionary<string, SnapshotFile> ReadNodePackages()
    {
        var packages = new Dictionary<string, SnapshotFile>(StringComparer.Ordinal);
        foreach (var folder in Folders)
        {
            if (folder.File("package.json") is { } manifest && Json(manifest)?.Text("name") is { } name) packages.TryAdd(name, manifest);
        }
        return packages;
    }

    /// <summary>The text in the language that its name promises, parsed once; two threads at once may both parse it, to the same end.</summary>
    T? Parse<T>(SnapshotFile? file, string language, Func<string, T?> parse) where T : class
    {
        if (file?.Text is not { } text) return null;
        if (_parsed.TryGetValue(file.Path, out var known)) return known as T;
        T? value = null;
        try
        {
            value = parse(text);
        }
        catch (Exception problem) when (problem is JsonException or XmlException or FormatException)
        {
            Note(file.Path, $"not valid {language}: {FirstLine(problem.Message)}");
        }
        return _parsed.GetOrAdd(file.Path, value ?? Nothing) as T;
    }

    static readonly object Nothing = new();

    IEnumerable<SnapshotFile> Prefixed(string prefix)
    {
        var files = Snapshot.Files;
        for (var at = FirstFrom(files.Count, i => files[i].Path, prefix); at < files.Count && IsBelow(files[at].Folder, prefix); at++) yield return files[at];
    }

    /// <summary>True for the folder of a path with a slash at its end, and for those in it.</summary>
    static bool IsBelow(string folder, string prefix) => folder.Length >= prefix.Length ? folder.StartsWith(prefix, StringComparison.Ordinal) : folder.Length == prefix.Length - 1 && prefix.StartsWith(folder, StringComparison.Ordinal);

    /// <summary>The first of so many paths in ordinal order that is not before another.</summary>
    static int FirstFrom(int count, Func<int, string> path, string least)
    {
        int low = 0, high = count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(path(middle), least) < 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    static string FirstLine(string message) => message.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? message[..end] : message;
}
