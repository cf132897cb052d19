using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Compose;
using Kyozo.Engine.Topology.Manifest;

namespace Kyozo.Engine.Topology.Export;

/// <summary>Looks at a folder as if one compose file alone said what runs in it.</summary>
public static class ImportedFile
{
    /// <summary>The name under which the file is read.</summary>
    public const string Name = "compose.yaml";

    /// <summary>The snapshot without other files that say what runs; null when that file was not read.</summary>
    public static FolderSnapshot? Alone(FolderSnapshot snapshot, string file)
    {
        var text = snapshot.Files.FirstOrDefault(one => one.Path == file)?.Text;
        if (text is null) return null;
        var others = snapshot.Files.Where(one => one.Folder != "." || one.Path != file && !IsCompose(one.Name) && !ManifestTopology.IsManifest(one.Name) && one.Name is not ("render.yaml" or "dapr.yaml"));
        return snapshot with { Files = [.. others.Append(new(Name, text)).OrderBy(one => one.Path, StringComparer.Ordinal)] };
    }

    /// <summary>What that file itself names, without the programs that lie beside it.</summary>
    public static FolderTopology Stated(FolderTopology topology)
    {
        var services = topology.Services.Where(service => service.Evidence.Any(one => ComposeStack.IsNamedBy(one, Name))).ToList();
        var names = services.Select(service => service.Name).ToHashSet(StringComparer.Ordinal);
        return topology with { Services = services, Dependencies = [.. topology.Dependencies.Where(edge => names.Contains(edge.From) && names.Contains(edge.To))] };
    }

    static bool IsCompose(string name) =>
        Path.GetExtension(name) is ".yml" or ".yaml" && (name.StartsWith("docker-compose", StringComparison.Ordinal) || name.StartsWith("compose.", StringComparison.Ordinal));
}
