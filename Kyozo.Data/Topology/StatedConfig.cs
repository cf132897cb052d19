using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;

namespace Kyozo.Data.Topology;

/// <summary>What <c>kyozo.yaml</c>, a compose file or a person states about how a service is run, beyond what can be found out from its files. Taken over with the service.</summary>
public sealed record StatedConfig
{
    /// <summary>Plain variables with their values; never a secret, never an address that an edge gives.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Wanted replicas, 0..100, or null when nothing is said.</summary>
    public int? Replicas { get; init; }

    /// <summary>Limits of each container, or null when nothing is said.</summary>
    public ResourceLimits? Limits { get; init; }

    /// <summary>Named volumes of each container.</summary>
    public IReadOnlyList<VolumeMount> Volumes { get; init; } = [];

    /// <summary>Its probe with intervals; empty: the usual one for its port and health path.</summary>
    public IReadOnlyList<HealthCheckConfig> HealthChecks { get; init; } = [];

    /// <summary>Whether its port gets an address at the gateway; null: when it is no backing service.</summary>
    public bool? Published { get; init; }

    /// <summary>True when nothing is stated.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsEmpty => Environment.Count == 0 && Replicas is null && Limits is null && Volumes.Count == 0 && HealthChecks.Count == 0 && Published is null;
}
