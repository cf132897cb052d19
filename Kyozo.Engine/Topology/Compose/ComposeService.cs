using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology.Compose;

/// <summary>A service of a compose file, as far as Kyozo takes it over. What could reach the host is left out and told (SAFETY A-14).</summary>
sealed class ComposeService
{
    public required string Name { get; init; }

    /// <summary>The compose file and the line that name it.</summary>
    public required string File { get; init; }

    public required int Line { get; init; }

    public string? Image { get; set; }

    /// <summary>Folder that is built, relative to the analysed folder.</summary>
    public string? Context { get; set; }

    /// <summary>Dockerfile relative to the analysed folder.</summary>
    public string? Dockerfile { get; set; }

    /// <summary>Folders of the analysed one that it mounts: where its program is when nothing is built.</summary>
    public List<string> Mounts { get; } = [];

    public string? Command { get; set; }

    /// <summary>Ports inside the container, published ones first.</summary>
    public List<int> Ports { get; } = [];

    public Dictionary<string, (string? Value, int Line)> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>Services it waits for.</summary>
    public Dictionary<string, (bool Required, int Line)> DependsOn { get; } = new(StringComparer.Ordinal);

    /// <summary>Path that its health check asks for, when it asks over HTTP.</summary>
    public string? HealthPath { get; set; }

    /// <summary>How it is to be run, beyond what its image is made of.</summary>
    public StatedConfig Stated { get; set; } = new();

    /// <summary>Names under which others reach it: its own, container name, aliases.</summary>
    public HashSet<string> Hosts { get; } = new(StringComparer.OrdinalIgnoreCase);
}
