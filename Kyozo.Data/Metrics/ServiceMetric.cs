namespace Kyozo.Data.Metrics;

/// <summary>One measured value (seed 6, partitioned by day).</summary>
public sealed class ServiceMetric
{
    public Guid Id { get; init; }
    public required Guid TeamId { get; init; }
    public required Guid ServiceInstanceId { get; init; }
    public required MetricType MetricType { get; init; }
    /// <summary>0..1 for cpu, memory and disk; a difference over the interval for the others.</summary>
    public required double Value { get; init; }
    /// <summary><c>ratio</c>, <c>bytes_received</c>, <c>bytes_sent</c>, <c>packets_received</c>, <c>packets_sent</c> or <c>count</c>.</summary>
    public required string Unit { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
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
    public Guid Id { get; init; }
    public required Guid TeamId { get; init; }
    public required Guid ServiceInstanceId { get; init; }
    public required long Requests { get; init; }
    public required long Errors { get; init; }
    public required DateTimeOffset CountedAt { get; init; }
}
