using Kyozo.Data.Metrics;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Metrics;

namespace Kyozo.Engine.Tests.Metrics;

public sealed class UsageDeltaTests
{
    static readonly UsageAllowance TwoCores = new(2, 1000);

    static readonly ContainerUsage Before = new()
    {
        At = DateTimeOffset.UnixEpoch,
        CpuTime = TimeSpan.FromSeconds(100),
        MemoryBytes = 100,
        MemoryLimitBytes = 400,
        ReceivedBytes = 1000,
        SentBytes = 2000,
        ReceivedPackets = 10,
        SentPackets = 20,
        DiskBytes = 250,
    };

    static readonly ContainerUsage TenSecondsLater = Before with
    {
        At = DateTimeOffset.UnixEpoch.AddSeconds(10),
        CpuTime = TimeSpan.FromSeconds(105),
        ReceivedBytes = 1500,
        SentBytes = 2000,
        ReceivedPackets = 13,
        SentPackets = 21,
    };

    [Fact]
    public void Levels_are_ratios_of_what_is_allowed_and_counters_are_differences() =>
        Assert.Equal(
            [
                new(MetricType.Memory, 0.25, "ratio"),
                new(MetricType.Disk, 0.25, "ratio"),
                new(MetricType.Cpu, 0.25, "ratio"),
                new(MetricType.Network, 500, "bytes_received"),
                new(MetricType.Network, 0, "bytes_sent"),
                new(MetricType.Network, 3, "packets_received"),
                new(MetricType.Network, 1, "packets_sent"),
            ],
            UsageDelta.Between(Before, TenSecondsLater, TwoCores));

    [Fact]
    public void The_first_reading_gives_levels_only() =>
        Assert.Equal([MetricType.Memory, MetricType.Disk], UsageDelta.Between(null, Before, TwoCores).Select(m => m.Type));

    [Fact]
    public void The_same_reading_twice_gives_levels_only() =>
        Assert.Equal([MetricType.Memory, MetricType.Disk], UsageDelta.Between(Before, Before, TwoCores).Select(m => m.Type));

    [Fact]
    public void After_a_restart_the_counters_begin_again_at_zero()
    {
        var restarted = TenSecondsLater with { CpuTime = TimeSpan.FromSeconds(2), ReceivedBytes = 70, SentBytes = 7, ReceivedPackets = 1, SentPackets = 0 };

        var measured = UsageDelta.Between(Before, restarted, TwoCores);

        Assert.Equal([0.1, 70, 7, 1, 0], measured.Skip(2).Select(m => m.Value));
    }

    [Fact]
    public void Ratios_stay_between_zero_and_one()
    {
        var burst = TenSecondsLater with { CpuTime = TimeSpan.FromSeconds(1000), MemoryBytes = 1000, DiskBytes = 5000 };

        Assert.All(UsageDelta.Between(Before, burst, TwoCores).Take(3), m => Assert.Equal(1, m.Value));
    }

    [Fact]
    public void A_disk_that_was_not_asked_and_a_memory_without_limit_give_nothing() =>
        Assert.Empty(UsageDelta.Between(null, Before with { DiskBytes = null, MemoryLimitBytes = 0 }, TwoCores));
}
