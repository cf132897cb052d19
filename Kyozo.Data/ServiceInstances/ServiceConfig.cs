using Kyozo.Data.Health;

namespace Kyozo.Data.ServiceInstances;

/// <summary>What to run (column <c>deployment_config</c>): how the image comes about and how the container is started.</summary>
public sealed record DeploymentConfig
{
    /// <summary>Framework in lower case, or null.</summary>
    public string? Framework { get; init; }
    /// <summary>Language version as the folder states it, or null.</summary>
    public string? Version { get; init; }
    /// <summary>npm, pip, composer ... or null.</summary>
    public string? PackageManager { get; init; }
    /// <summary>Command that installs its packages, or null.</summary>
    public string? InstallCommand { get; init; }
    /// <summary>Command that builds it, or null.</summary>
    public string? BuildCommand { get; init; }
    /// <summary>Command that starts it, or null when the image knows.</summary>
    public string? StartCommand { get; init; }
    /// <summary>Folder of built static files, relative to the service's folder.</summary>
    public string? OutputPath { get; init; }
    /// <summary>Own Dockerfile relative to the workspace root; null: one is generated.</summary>
    public string? Dockerfile { get; init; }
    /// <summary>Folders of the workspace that its build needs beside its own (libraries of a monorepo), with a leading slash.</summary>
    public IReadOnlyList<string> SharedFolders { get; init; } = [];
    /// <summary>Ready image; null: built from the folder, or from the catalogue for a backing service.</summary>
    public string? Image { get; init; }
    /// <summary>Plain variables (no secrets: those are rows of <c>secrets</c>).</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    /// <summary>Variables that hold in one deployment environment alone: environment → name → value. They win over <see cref="Environment"/>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Environments { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, string>>();
    /// <summary>How it is probed; empty: by the container's state.</summary>
    public IReadOnlyList<HealthCheckConfig> HealthChecks { get; init; } = [];
    /// <summary>Named volumes of each container.</summary>
    public IReadOnlyList<VolumeMount> Volumes { get; init; } = [];

    /// <summary>The plain variables in force in a workspace's <c>deployment_environment</c>.</summary>
    public IReadOnlyDictionary<string, string> VariablesIn(string environment)
    {
        if (!Environments.TryGetValue(environment, out var own)) return Environment;
        var variables = new Dictionary<string, string>(Environment, StringComparer.Ordinal);
        foreach (var (name, value) in own) variables[name] = value;
        return variables;
    }
}

/// <summary>A named volume of the service and where it is mounted.</summary>
/// <param name="Name">Short name, unique in the service; the engine's volume is named from workspace, service and this.</param>
/// <param name="Path">Absolute path in the container.</param>
public sealed record VolumeMount(string Name, string Path);

/// <summary>A port of the container and how it is published (column <c>port_mappings</c>).</summary>
/// <param name="ContainerPort">1..65535.</param>
/// <param name="Protocol">What speaks on it.</param>
/// <param name="Published">True gives it a stable address at the gateway.</param>
public sealed record PortMapping(int ContainerPort, PortProtocol Protocol, bool Published);

/// <summary>What speaks on a port.</summary>
public enum PortProtocol
{
    /// <summary>HTTP/1.1 or HTTP/2: goes through the gateway.</summary>
    Http,
    /// <summary>Anything else over TCP.</summary>
    Tcp,
}

/// <summary>Limits of each container; null means the workspace's default, then Kyozo's, never unlimited.</summary>
public sealed record ResourceLimits
{
    /// <summary>0.05..64.</summary>
    public double? CpuCores { get; init; }
    /// <summary>16 MiB..1 TiB.</summary>
    public long? MemoryBytes { get; init; }
    /// <summary>Writable layer and own volumes together; 10 GiB by default.</summary>
    public long? StorageBytes { get; init; }
    /// <summary>Processes and threads, 16..32768.</summary>
    public int? Pids { get; init; }
}

/// <summary>How many replicas run (column <c>scaling_config</c>).</summary>
public sealed record ScalingConfig
{
    /// <summary>Wanted replicas, 0..100.</summary>
    public int Replicas { get; init; } = 1;
    /// <summary>Fewest replicas that scaling may leave, 0..100.</summary>
    public int MinReplicas { get; init; } = 1;
    /// <summary>Most replicas that scaling may make, 1..100.</summary>
    public int MaxReplicas { get; init; } = 10;
}
