using Kyozo.Data.ServiceInstances;

namespace Kyozo.Data.Deployments;

/// <summary>What a deployment made: images, configuration, topology. A rollback deploys an older one.</summary>
public sealed class Release
{
    public Guid Id { get; init; }
    public required Guid TeamId { get; init; }
    public required Guid WorkspaceId { get; init; }
    /// <summary>1, 2, 3 ... per workspace.</summary>
    public required long Number { get; init; }
    public required Guid DeploymentId { get; init; }
    public required IReadOnlyList<ReleasedService> Services { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One service as it was released.</summary>
public sealed record ReleasedService
{
    public required Guid ServiceId { get; init; }
    public required string Name { get; init; }
    /// <summary>Engine's image id.</summary>
    public required string ImageId { get; init; }
    /// <summary>Hash of everything that went into the image.</summary>
    public required string ContentHash { get; init; }
    public required DeploymentConfig Config { get; init; }
    public required IReadOnlyList<PortMapping> Ports { get; init; }
    public required ResourceLimits Limits { get; init; }
}

/// <summary>One container that Kyozo made: the record that, with the label, proves ownership.</summary>
public sealed class ServiceContainer
{
    public Guid Id { get; init; }
    public required Guid TeamId { get; init; }
    public required Guid ServiceInstanceId { get; init; }
    public required Guid EngineId { get; init; }
    public Guid? ReleaseId { get; set; }
    /// <summary>1-based replica number.</summary>
    public required int Replica { get; init; }
    /// <summary>Lease epoch of the deployment that made it (fencing, also a label).</summary>
    public required long Epoch { get; init; }
    /// <summary>Hash of the container's specification: equal hash, nothing to do.</summary>
    public required string SpecHash { get; init; }
    /// <summary>Engine's id; null between the record and the creation.</summary>
    public string? ContainerId { get; set; }
    public required string ContainerName { get; init; }
    public required string ImageId { get; init; }
    /// <summary>Container port → 127.0.0.1 port.</summary>
    public IReadOnlyDictionary<int, int> HostPorts { get; set; } = new Dictionary<int, int>();
    public ContainerStatus Status { get; set; } = ContainerStatus.Created;
    /// <summary>True when the gateway may send traffic to it.</summary>
    public bool InService { get; set; }
    public int RestartCount { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
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
