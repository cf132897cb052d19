namespace Kyozo.Data.Events;

/// <summary>One line of a service's lifecycle trail (seed 3, partitioned by day). Only <c>append_event</c> writes one.</summary>
public sealed class DeploymentEvent
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team whose trail it is in.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The service it belongs to.</summary>
    public required Guid ServiceInstanceId { get; init; }
    /// <summary>What happened.</summary>
    public required EventType EventType { get; init; }
    /// <summary>A JSON object: who, why, which deployment, what changed.</summary>
    public required string EventData { get; init; }
    /// <summary>Message of what went wrong, at most 4000 characters, or null.</summary>
    public string? ErrorMessage { get; init; }
    /// <summary>How long it took in milliseconds, or null.</summary>
    public long? DurationMs { get; init; }
    /// <summary>Rises without gaps per service.</summary>
    public required long SequenceNum { get; init; }
    /// <summary>When, by the database's clock; never before the event before.</summary>
    public required DateTimeOffset OccurredAt { get; init; }
    /// <summary>User who caused it, or null for the system.</summary>
    public Guid? UserId { get; init; }
    /// <summary>SHA-256 over the row and the hash before it.</summary>
    public required byte[] Hash { get; init; }
}

/// <summary>The seed's twelve event types; CHECK <c>valid_event_type</c>.</summary>
public enum EventType
{
    /// <summary>A deployment takes this service up.</summary>
    DeploymentStarted,
    /// <summary>A deployment of this service ended well.</summary>
    DeploymentCompleted,
    /// <summary>A deployment of this service failed.</summary>
    DeploymentFailed,
    /// <summary>Containers started.</summary>
    ServiceStarted,
    /// <summary>Containers stopped.</summary>
    ServiceStopped,
    /// <summary>A container was started again, by request, by the engine or by reconcile.</summary>
    ServiceRestarted,
    /// <summary>The number of replicas changed.</summary>
    ServiceScaled,
    /// <summary>The service became healthy.</summary>
    HealthCheckPassed,
    /// <summary>The service became unhealthy.</summary>
    HealthCheckFailed,
    /// <summary>Its configuration changed.</summary>
    ConfigurationUpdated,
    /// <summary>An image was built.</summary>
    ImageBuilt,
    /// <summary>An image was pushed to a registry.</summary>
    ImagePushed,
}

/// <summary>One line of the trail about people, security, engine and installation. Only <c>append_audit_event</c> writes one.</summary>
public sealed class AuditEvent
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team whose trail it is in.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>Acting user, or null for the system or somebody unknown.</summary>
    public Guid? ActorId { get; init; }
    /// <summary>What happened, in snake_case (<c>permission_granted</c>, <c>access_denied</c>).</summary>
    public required string Action { get; init; }
    /// <summary>Word for the kind of thing acted on, or null.</summary>
    public string? TargetType { get; init; }
    /// <summary>Its id, or null.</summary>
    public Guid? TargetId { get; init; }
    /// <summary>A JSON object.</summary>
    public required string Data { get; init; }
    /// <summary>Rises without gaps per team.</summary>
    public required long SequenceNum { get; init; }
    /// <summary>When, by the database's clock; never before the event before.</summary>
    public required DateTimeOffset OccurredAt { get; init; }
    /// <summary>SHA-256 over the row and the hash before it.</summary>
    public required byte[] Hash { get; init; }
}
