using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology.Stating;

/// <summary>Looks at one folder by itself: what the whole took for a library or a part may be what somebody says is a service.</summary>
static class SubFolder
{
    /// <summary>True when the snapshot has that folder.</summary>
    public static bool Exists(FolderSnapshot snapshot, string path) => path == "." || snapshot.Files.Any(file => Paths.IsIn(file.Folder, path));

    /// <summary>The likeliest service of the folder itself, with paths as seen from the whole; null when nothing there suggests one.</summary>
    public static DetectedService? Look(FolderSnapshot snapshot, string path)
    {
        var files = snapshot.Files.Where(file => Paths.IsIn(file.Folder, path))
            .Select(file => new SnapshotFile(Paths.Inside(path, file.Path), file.Text)).Where(file => !Manifest.ManifestTopology.IsManifest(file.Path)).ToList();
        if (files.Count == 0) return null;
        files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        var found = TopologyAnalyzer.Analyze(new() { Root = snapshot.Root, Name = path == "." ? snapshot.Name : Paths.Last(path), Files = files, Skipped = [] });
        return found.Services.Where(one => one.Path == ".").MaxBy(one => one.Confidence) is { } service ? AsSeenFrom(service, path) : null;
    }

    static DetectedService AsSeenFrom(DetectedService service, string path) => service with
    {
        Path = path,
        Dockerfile = service.Dockerfile is { } dockerfile ? Paths.Join(path, dockerfile) : null,
        Watch = [.. service.Watch.Select(one => Paths.Join(path, one))],
        Evidence = [.. service.Evidence.Select(one => one with { File = Paths.Join(path, one.File) })],
    };
}
