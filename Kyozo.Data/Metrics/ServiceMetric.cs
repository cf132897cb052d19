namespace Kyozo.Data.Metrics;

/// <summary>One measured value (seed 6, partitioned by day).</summary>
public sealed class ServiceMetric
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The service it belongs to.</summary>
    public required Guid ServiceInstanceId { get; init; }
    /// <summary>What was measured.</summary>
    public required MetricType MetricType { get; init; }
    /// <summary>0..1 for cpu, memory and disk; a difference over the interval for the others.</summary>
    public required double Value { get; init; }
    /// <summary><c>ratio</c>, <c>bytes_received</c>, <c>bytes_sent</c>, <c>packets_received</c>, <c>packets_sent</c> or <c>count</c>.</summary>
    public required string Unit { get; init; }
    /// <summary>When.</summary>
    public required DateTimeOffset RecordedAt { get; init; }
    /// <summary>Engine's id of the measured container, or null for the service as a whole.</summary>
    public string? ContainerId { get; init; }
}

/// <summary>The seed's metric types; CHECK <c>valid_metric_type</c>.</summary>
public enum MetricType
{
    /// <summary>Cores used ÷ cores allowed, 0..1.</summary>
    Cpu,
    /// <summary>Working set ÷ limit, 0..1.</summary>
    Memory,
    /// <summary>(Writable layer + own volumes) ÷ storage limit, 0..1.</summary>
    Disk,
    /// <summary>Bytes or packets in the interval.</summary>
    Network,
    /// <summary>Requests in the interval, from the gateway.</summary>
    Requests,
    /// <summary>Answers of 500 and above, or none, in the interval.</summary>
    Errors,
}

/// <summary>What the gateway counted for one service; the worker turns it into metrics and deletes it.</summary>
public sealed class GatewayCount
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The service it belongs to.</summary>
    public required Guid ServiceInstanceId { get; init; }
    /// <summary>Answered requests since the count before, 0 and up.</summary>
    public required long Requests { get; init; }
    /// <summary>Those answered with 500 and above, or not at all.</summary>
    public required long Errors { get; init; }
    /// <summary>When it was counted.</summary>
    public required DateTimeOffset CountedAt { get; init; }
}
