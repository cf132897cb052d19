using Kyozo.Data.ServiceInstances;

namespace Kyozo.Data.Deployments;

/// <summary>What a deployment made: images, configuration, topology. A rollback deploys an older one.</summary>
public sealed class Release
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The workspace it belongs to.</summary>
    public required Guid WorkspaceId { get; init; }
    /// <summary>1, 2, 3 ... per workspace.</summary>
    public required long Number { get; init; }
    /// <summary>The deployment that made it.</summary>
    public required Guid DeploymentId { get; init; }
    /// <summary>The services as they were released.</summary>
    public required IReadOnlyList<ReleasedService> Services { get; init; }
    /// <summary>When the row was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One service as it was released.</summary>
public sealed record ReleasedService
{
    /// <summary>The service.</summary>
    public required Guid ServiceId { get; init; }
    /// <summary>Its name at that time.</summary>
    public required string Name { get; init; }
    /// <summary>Engine's image id.</summary>
    public required string ImageId { get; init; }
    /// <summary>Hash of everything that went into the image.</summary>
    public required string ContentHash { get; init; }
    /// <summary>Its configuration at that time.</summary>
    public required DeploymentConfig Config { get; init; }
    /// <summary>Its ports at that time.</summary>
    public required IReadOnlyList<PortMapping> Ports { get; init; }
    /// <summary>Its limits at that time.</summary>
    public required ResourceLimits Limits { get; init; }
}

/// <summary>One container that Kyozo made: the record that, with the label, proves ownership.</summary>
public sealed class ServiceContainer
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The service it belongs to.</summary>
    public required Guid ServiceInstanceId { get; init; }
    /// <summary>The container engine it lives on.</summary>
    public required Guid EngineId { get; init; }
    /// <summary>The release it runs, or null.</summary>
    public Guid? ReleaseId { get; set; }
    /// <summary>1-based replica number.</summary>
    public required int Replica { get; init; }
    /// <summary>Lease epoch of the deployment that made it (fencing, also a label).</summary>
    public required long Epoch { get; init; }
    /// <summary>Hash of the container's specification: equal hash, nothing to do.</summary>
    public required string SpecHash { get; init; }
    /// <summary>Engine's id; null between the record and the creation.</summary>
    public string? ContainerId { get; set; }
    /// <summary>Name in the engine.</summary>
    public required string ContainerName { get; init; }
    /// <summary>Engine's id of the image it was made from.</summary>
    public required string ImageId { get; init; }
    /// <summary>Container port → 127.0.0.1 port.</summary>
    public IReadOnlyDictionary<int, int> HostPorts { get; set; } = new Dictionary<int, int>();
    /// <summary>State as last seen.</summary>
    public ContainerStatus Status { get; set; } = ContainerStatus.Created;
    /// <summary>True when the gateway may send traffic to it.</summary>
    public bool InService { get; set; }
    /// <summary>Times the engine restarted it, as last seen.</summary>
    public int RestartCount { get; set; }
    /// <summary>When the row was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>When it was removed, or null.</summary>
    public DateTimeOffset? RemovedAt { get; set; }
}

/// <summary>State of one container as last seen.</summary>
public enum ContainerStatus
{
    /// <summary>Recorded or created, not started.</summary>
    Created,
    /// <summary>Runs.</summary>
    Running,
    /// <summary>Ended.</summary>
    Exited,
    /// <summary>Gone from the engine.</summary>
    Removed,
}
