using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kyozo.Data.Topology;

/// <summary>Generated serialisation of a topology in the dialect of <see cref="KyozoJson"/>: the command line answers without looking at types at run time.</summary>
[JsonSerializable(typeof(FolderTopology))]
public sealed partial class TopologyJsonContext : JsonSerializerContext
{
    static readonly TopologyJsonContext Shown = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter<ServiceType>(JsonNamingPolicy.SnakeCaseLower), new JsonStringEnumConverter<DependencyType>(JsonNamingPolicy.SnakeCaseLower), new JsonStringEnumConverter<DeploymentStrategy>(JsonNamingPolicy.SnakeCaseLower) },
    });

    /// <summary>The text that <c>kyozo detect --json</c> prints.</summary>
    public static string Print(FolderTopology topology) => JsonSerializer.Serialize(topology, Shown.FolderTopology);
}
