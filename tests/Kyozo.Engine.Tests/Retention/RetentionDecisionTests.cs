using Kyozo.Data.Retention;
using Kyozo.Engine.Retention;

namespace Kyozo.Engine.Tests.Retention;

public sealed class RetentionDecisionTests
{
    static readonly DateTimeOffset Now = new(2026, 3, 10, 3, 10, 0, TimeSpan.Zero);

    [Fact]
    public void The_longest_wish_in_force_decides_and_a_shorter_one_counts_for_nothing()
    {
        var limits = RetentionLimits.Decide(
            new() { HealthChecks = TimeSpan.FromDays(60) },
            [new("tea/shop", 120, 45, null), new("tea/blog", 365, null, null), new("tea/api", null, null, 14)]);

        Assert.Equal(
            [
                new("deployment_events", TimeSpan.FromDays(365), "workspace tea/blog"), new("health_checks", TimeSpan.FromDays(60), "the installation"),
                new("service_metrics", TimeSpan.FromDays(14), "workspace tea/api"),
            ],
            limits);
    }

    [Fact]
    public void Finer_buckets_stay_as_long_as_the_rows_they_are_made_from()
    {
        var kept = new RetentionOptions { MinuteRollups = TimeSpan.FromDays(14), HourRollups = TimeSpan.FromDays(20), DayRollups = TimeSpan.FromDays(400) };

        Assert.Equal([14, 20, 400], Ages(kept, oldestRows: null));
        Assert.Equal([30, 30, 400], Ages(kept, oldestRows: Now.AddDays(-30)));
        Assert.Equal([14, 20, 400], Ages(kept, oldestRows: Now.AddDays(-7)));
    }

    [Theory]
    [InlineData(15, RollupResolution.Minute)]
    [InlineData(120, RollupResolution.Hour)]
    [InlineData(480, RollupResolution.Hour)]
    [InlineData(1440, RollupResolution.Day)]
    [InlineData(4320, RollupResolution.Day)]
    public void The_coarsest_resolution_that_fits_is_taken(int minutes, RollupResolution resolution) =>
        Assert.Equal(resolution, RollupResolutions.CoarsestFor(TimeSpan.FromMinutes(minutes)));

    static IEnumerable<int> Ages(RetentionOptions kept, DateTimeOffset? oldestRows) =>
        RollupRetention.Limits(kept, oldestRows, Now).Select(limit => (Now.UtcDateTime.Date - limit.Oldest.UtcDateTime).Days);
}
