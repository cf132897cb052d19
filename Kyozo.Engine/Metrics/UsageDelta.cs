using Kyozo.Data.Metrics;
using Kyozo.Engine.Containers;

namespace Kyozo.Engine.Metrics;

/// <summary>One measured value before it has a time and a service.</summary>
/// <param name="Type">What was measured.</param>
/// <param name="Value">0..1 for ratios, a difference over the interval for counts.</param>
/// <param name="Unit">As <see cref="ServiceMetric.Unit"/>.</param>
public sealed record Measurement(MetricType Type, double Value, string Unit);

/// <summary>What a container may use.</summary>
/// <param name="CpuCores">Its limit.</param>
/// <param name="StorageBytes">Its writable layer and own volumes together.</param>
public sealed record UsageAllowance(double CpuCores, long StorageBytes);

/// <summary>From two readings of a container's counters to metrics. Pure.</summary>
public static class UsageDelta
{
    /// <summary>Unit of cpu, memory and disk.</summary>
    public const string Ratio = "ratio";

    /// <summary>Unit of requests and errors.</summary>
    public const string Count = "count";

    /// <summary>
    /// The metrics of the time between two readings. Without an earlier reading only the levels (memory, disk) are known.
    /// A counter that went down was reset by a restart of the container: what it shows now has come since.
    /// </summary>
    public static IReadOnlyList<Measurement> Between(ContainerUsage? before, ContainerUsage now, UsageAllowance allowed)
    {
        var measured = new List<Measurement>(7);
        if (now.MemoryLimitBytes > 0) measured.Add(Level(MetricType.Memory, (double)now.MemoryBytes / now.MemoryLimitBytes));
        if (now.DiskBytes is { } disk && allowed.StorageBytes > 0) measured.Add(Level(MetricType.Disk, (double)disk / allowed.StorageBytes));
        if (before is null || now.At <= before.At) return measured;

        var cpu = now.CpuTime >= before.CpuTime ? now.CpuTime - before.CpuTime : now.CpuTime;
        measured.Add(Level(MetricType.Cpu, cpu / (now.At - before.At) / allowed.CpuCores));
        measured.Add(Traffic("bytes_received", before.ReceivedBytes, now.ReceivedBytes));
        measured.Add(Traffic("bytes_sent", before.SentBytes, now.SentBytes));
        measured.Add(Traffic("packets_received", before.ReceivedPackets, now.ReceivedPackets));
        measured.Add(Traffic("packets_sent", before.SentPackets, now.SentPackets));
        return measured;
    }

    // A burst or a limit lowered a moment ago can show more than all of it.
    static Measurement Level(MetricType type, double ratio) => new(type, double.IsFinite(ratio) ? Math.Clamp(ratio, 0, 1) : 0, Ratio);

    static Measurement Traffic(string unit, long before, long now) => new(MetricType.Network, now >= before ? now - before : now, unit);
}
