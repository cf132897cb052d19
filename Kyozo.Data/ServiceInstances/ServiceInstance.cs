using Kyozo.Data.Health;
using Kyozo.Data.Topology;

namespace Kyozo.Data.ServiceInstances;

/// <summary>One service of a workspace: what to run and its lifecycle state (seed 2).</summary>
public sealed class ServiceInstance
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The workspace it belongs to.</summary>
    public required Guid WorkspaceId { get; init; }
    /// <summary>The analysis it was taken over from, or null.</summary>
    public Guid? TopologyDetectionId { get; set; }
    /// <summary>Unique in the workspace while not deleted, <c>[a-z0-9][a-z0-9-]{0,62}</c>; also its host name in the workspace's network.</summary>
    public required string Name { get; init; }
    /// <summary>Relative to the workspace root with a leading slash; <c>/</c> for a backing service.</summary>
    public required string FolderPath { get; set; }
    /// <summary>What it is made of.</summary>
    public required ServiceType ServiceType { get; set; }
    /// <summary>What to run.</summary>
    public DeploymentConfig DeploymentConfig { get; set; } = new();
    /// <summary>Ports of its containers and how they are published.</summary>
    public IReadOnlyList<PortMapping> PortMappings { get; set; } = [];
    /// <summary>Limits of each container; empty ones are filled from the workspace.</summary>
    public ResourceLimits ResourceLimits { get; set; } = new();
    /// <summary>How many replicas run.</summary>
    public ScalingConfig ScalingConfig { get; set; } = new();
    /// <summary>Lifecycle state; only <see cref="ChangeStatus"/> moves it.</summary>
    public ServiceStatus Status { get; private set; } = ServiceStatus.Detected;
    /// <summary>Cause of the status in one sentence, or null.</summary>
    public string? StatusReason { get; private set; }
    /// <summary>When the status last changed.</summary>
    public DateTimeOffset StatusSince { get; private set; }
    /// <summary>What the row asks for: true after a deploy or start, false after a stop. Reconcile repairs towards it.</summary>
    public bool WantedRunning { get; set; }
    /// <summary>Newest judgement of the checks.</summary>
    public HealthState Health { get; set; } = HealthState.Unknown;
    /// <summary>When the health last changed, or null.</summary>
    public DateTimeOffset? HealthSince { get; set; }
    /// <summary>Image the running release uses (digest or id), or null.</summary>
    public string? ImageId { get; set; }
    /// <summary>The release it runs, or null.</summary>
    public Guid? ReleaseId { get; set; }
    /// <summary>Container of replica 1, or null (all replicas: <c>service_containers</c>).</summary>
    public string? ContainerId { get; set; }
    /// <summary>Rises with every change of what is wanted; containers carry the generation they were made for.</summary>
    public long Generation { get; set; } = 1;
    /// <summary>When the row was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>When it was last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }
    /// <summary>When it was deleted, or null; the row stays, the trail speaks of it.</summary>
    public DateTimeOffset? DeletedAt { get; set; }

    /// <summary>Moves to another state; the same state only renews the reason.</summary>
    /// <exception cref="InvalidStatusChangeException">The step is not allowed from where the service is.</exception>
    public void ChangeStatus(ServiceStatus status, string? reason, DateTimeOffset at)
    {
        if (status != Status)
        {
            if (!ServiceStatusRules.Allows(Status, status)) throw new InvalidStatusChangeException(Name, Status, status);
            Status = status;
            StatusSince = at;
        }

        StatusReason = reason;
        UpdatedAt = at;
    }
}

/// <summary>A directed edge between two services of one workspace (seed 4).</summary>
public sealed class ServiceDependency
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The workspace it belongs to.</summary>
    public required Guid WorkspaceId { get; init; }
    /// <summary>The service that depends.</summary>
    public required Guid ServiceInstanceId { get; init; }
    /// <summary>The service depended on.</summary>
    public required Guid DependsOnId { get; init; }
    /// <summary>Kind of edge.</summary>
    public required DependencyType DependencyType { get; set; }
    /// <summary>Wave of the depended-on service, 0 first.</summary>
    public int StartupOrder { get; set; }
    /// <summary>Variable through which the connection string is given, or null.</summary>
    public string? EnvVariable { get; set; }
    /// <summary>Its value with the placeholders {host} {port} {user} {password} {database}, or null.</summary>
    public string? ConnectionTemplate { get; set; }
    /// <summary>When the row was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}
