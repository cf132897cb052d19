namespace Kyozo.Data.Health;

/// <summary>One probe result (seed 5, partitioned by day).</summary>
public sealed class HealthCheck
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The service it belongs to.</summary>
    public required Guid ServiceInstanceId { get; init; }
    /// <summary>Kind of probe.</summary>
    public required CheckType CheckType { get; init; }
    /// <summary>Outcome.</summary>
    public required CheckStatus Status { get; init; }
    /// <summary>Milliseconds, or null when nothing answered.</summary>
    public double? ResponseTimeMs { get; init; }
    /// <summary>At most 500 characters, or null.</summary>
    public string? ErrorMessage { get; init; }
    /// <summary>When.</summary>
    public required DateTimeOffset CheckedAt { get; init; }
    /// <summary>Engine's id of the probed container, or null for the service as a whole.</summary>
    public string? ContainerId { get; init; }
}

/// <summary>The seed's check types; CHECK <c>valid_check_type</c>.</summary>
public enum CheckType
{
    /// <summary>GET answered with the expected status.</summary>
    Http,
    /// <summary>A TCP connection opens.</summary>
    Tcp,
    /// <summary>A command in the container ends with 0.</summary>
    Exec,
    /// <summary>grpc.health.v1 answers SERVING.</summary>
    Grpc,
    /// <summary>The engine says that the container runs (and, where the image has a HEALTHCHECK, that it is healthy).</summary>
    Docker,
}

/// <summary>Outcome of one probe; CHECK <c>valid_health_status</c>.</summary>
public enum CheckStatus
{
    /// <summary>Passed.</summary>
    Healthy,
    /// <summary>Failed.</summary>
    Unhealthy,
    /// <summary>No answer in time.</summary>
    TimedOut,
    /// <summary>Could not be asked.</summary>
    Unknown,
}

/// <summary>Judgement over the newest probes of a service.</summary>
public enum HealthState
{
    /// <summary>Not judged: not running, or the engine is lost.</summary>
    Unknown,
    /// <summary>Passing.</summary>
    Healthy,
    /// <summary>Failed often enough in a row.</summary>
    Unhealthy,
}

/// <summary>How a service is probed. A service without one gets <see cref="CheckType.Docker"/>.</summary>
public sealed record HealthCheckConfig
{
    /// <summary>Kind of probe.</summary>
    public required CheckType Type { get; init; }
    /// <summary>Port in the container, for http, tcp and grpc; null: the service's first port.</summary>
    public int? Port { get; init; }
    /// <summary>Path for http, with a leading slash; <c>/</c> by default.</summary>
    public string? Path { get; init; }
    /// <summary>Arguments for exec: run in the container without a shell.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];
    /// <summary>Time between probes, 1 s..1 h.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>Time an answer may take, 100 ms..1 min.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Consecutive failures that make the service unhealthy, 1..20.</summary>
    public int FailureThreshold { get; init; } = 3;
}
