using Kyozo.Data.Topology;
using Kyozo.Engine.Images;

namespace Kyozo.Engine.Topology.Export;

/// <summary>Writes a topology in the words of a file that others read. Pure.</summary>
public static class TopologyExport
{
    /// <summary>The formats with the name of their file.</summary>
    public static IReadOnlyDictionary<string, string> Formats { get; } = new Dictionary<string, string> { ["kyozo"] = "kyozo.yaml", ["compose"] = "docker-compose.yml" };

    /// <summary>The text of the file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such format.</exception>
    public static string Write(string format, FolderTopology topology) => format switch
    {
        "kyozo" => KyozoExport.Write(topology),
        "compose" => ComposeExport.Write(topology),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, $"There is no format {format}. There are: {string.Join(", ", Formats.Keys)}."),
    };

    /// <summary>True for a backing service whose image, account and data place Kyozo knows.</summary>
    internal static BackingImage? KnownBacking(DetectedService service) => service.Dockerfile is null ? BackingImages.Find(service.Type) : null;
}
