using Bunit;
using Kyozo.Data.Health;
using Kyozo.Data.Metrics;
using Kyozo.Data.Retention;
using Kyozo.Data.Schema;
using Kyozo.Testing;
using Kyozo.Web.Components.Pages.Overview;
using Kyozo.Web.Components.Pages.ServiceInstances;
using Kyozo.Web.Components.Pages.Workspaces;
using Kyozo.Web.Live;
using Kyozo.Web.Tests.Seeding;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Tests.Components;

/// <summary>What the portal shows of roll-ups, of how long rows are kept, and of days that run short.</summary>
public sealed class RetentionPagesTests(PostgresFixture postgres) : ShopPageTests(postgres)
{
    static readonly DateTimeOffset Now = new(2026, 6, 15, 12, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("7d", RollupResolution.Hour)]
    [InlineData("30d", RollupResolution.Hour)]
    [InlineData("90d", RollupResolution.Day)]
    [InlineData("1y", RollupResolution.Day)]
    public async Task Long_ranges_are_read_from_roll_ups_and_a_missing_one_is_a_gap(string range, RollupResolution resolution)
    {
        var service = Shop.Services["api"].Id;
        var chosen = ServiceMetricsModel.Ranges.Single(r => r.Name == range);
        var first = new DateTimeOffset(Now.UtcTicks - Now.UtcTicks % chosen.Bucket.Ticks, TimeSpan.Zero) - 4 * chosen.Bucket;
        await using var db = Database.OpenAsAdmin();
        foreach (var bucket in new[] { 0, 1, 3 })
            db.Add(Rollup(service, resolution, first + bucket * chosen.Bucket, count: 4, sum: 1 + bucket));
        await DayPartitions.EnsureAsync(Database, "metric_rollups_minute", DateOnly.FromDateTime(first.UtcDateTime), 1, Cancelled);
        db.Add(Rollup(service, RollupResolution.Minute, first, count: 1, sum: 1));
        await db.SaveChangesAsync(Cancelled);

        var model = (await ServiceMetricsModel.ReadAsync(db, service, chosen, Now, Cancelled))!;

        var line = Assert.Single(model.Of(MetricType.Cpu, "cpu"));
        Assert.Equal([0.25, 0.5, 1], line.Points.Select(point => point.Value));
        Assert.Equal([false, true], line.Points.Zip(line.Points.Skip(1), (before, after) => after.At - before.At > line.Joined));
    }

    [Fact]
    public async Task Uptime_is_the_share_of_probes_that_passed_and_leaves_out_what_could_not_be_asked()
    {
        var service = Shop.Services["api"].Id;
        await using var db = Database.OpenAsAdmin();
        db.Add(Checks(service, Now.AddDays(-20), healthy: 90, unhealthy: 6, timedOut: 4, unknown: 50));
        db.Add(Checks(service, Now.AddDays(-50), healthy: 100, unhealthy: 0, timedOut: 0, unknown: 0));
        await db.SaveChangesAsync(Cancelled);

        Assert.Equal(0.9, (await UptimeAsync("30d")).Uptime);
        Assert.Null((await UptimeAsync("7d")).Uptime);

        async Task<ServiceUptimeModel> UptimeAsync(string range) =>
            await ServiceUptimeModel.ReadAsync(db, service, ServiceUptimeModel.Ranges.Single(r => r.Name == range), Now, Cancelled);
    }

    [Fact]
    public async Task A_workspace_is_kept_longer_by_who_may_manage_it_and_by_nobody_else()
    {
        foreach (var (person, days) in new[] { (Shop.Grace, (int?)120), (Shop.Linus, 120) })
        {
            await using var context = new PageContext(Database, person, Shop.Team);
            var page = context.Render<WorkspaceSettingsPage>(parameters => parameters.Add(page => page.Slug, Shop.Workspace.Slug));
            page.WaitForElement("#ws-keep-events", Patience);
            page.Find("#ws-keep-events").Change(person == Shop.Grace ? "120" : "200");
            await page.InvokeAsync(page.Instance.SaveAsync);

            await using var db = Database.OpenAsAdmin();
            Assert.Equal(days, await db.Workspaces.Where(w => w.Id == Shop.Workspace.Id).Select(w => w.EventRetentionDays).SingleAsync(Cancelled));
        }
    }

    [Theory]
    [InlineData("89", "", "", "Events: \"89\" is not a whole number of days from 90 to 365")]
    [InlineData("", "366", "", "Health checks: \"366\"")]
    [InlineData("", "", "7.5", "Metrics: \"7.5\"")]
    public void What_is_no_longer_retention_is_refused_in_words(string events, string checks, string metrics, string said) =>
        Assert.StartsWith(said, Assert.Throws<RefusedException>(() => new RetentionForm(events, checks, metrics).ToDays()).Message, StringComparison.Ordinal);

    [Fact]
    public void Nothing_typed_is_nothing_wanted() => Assert.Equal(new RetentionDays(null, null, null), new RetentionForm("", "", "").ToDays());

    [Fact]
    public async Task Days_that_run_short_and_refused_writes_stand_on_the_overview_of_installation_administrators_alone()
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        await Database.ExecuteAsync(
            $"DROP TABLE {Partitions.NameOf("health_checks", today.AddDays(3))}; INSERT INTO missing_partitions VALUES ('service_metrics', '{today:yyyy-MM-dd}', now(), now(), 7)", Cancelled);

        await using (var context = new PageContext(Database, Shop.Ada, Shop.Team))
        {
            var page = context.Render<OverviewPage>();
            page.WaitForAssertion(() => Assert.Contains("health_checks has partitions for 2 days ahead", page.Markup, StringComparison.Ordinal), Patience);
            Assert.Contains("7 writes to service_metrics refused", page.Markup, StringComparison.Ordinal);
        }

        await using var other = new PageContext(Database, Shop.Grace, Shop.Team);
        var theirs = other.Render<OverviewPage>();
        theirs.WaitForElement("#attention", Patience);
        Assert.DoesNotContain("days ahead", theirs.Markup, StringComparison.Ordinal);
    }

    MetricRollup Rollup(Guid service, RollupResolution resolution, DateTimeOffset bucket, long count, double sum) => new()
    {
        TeamId = Shop.Team.Id,
        ServiceInstanceId = service,
        MetricType = MetricType.Cpu,
        Unit = "ratio",
        Resolution = resolution,
        Bucket = bucket,
        Count = count,
        Sum = sum,
        Min = 0,
        Max = 1,
        Last = 1,
    };

    HealthRollup Checks(Guid service, DateTimeOffset at, long healthy, long unhealthy, long timedOut, long unknown) => new()
    {
        TeamId = Shop.Team.Id,
        ServiceInstanceId = service,
        CheckType = CheckType.Http,
        Resolution = RollupResolution.Hour,
        Bucket = new(at.UtcDateTime.Date.AddHours(at.Hour), TimeSpan.Zero),
        Healthy = healthy,
        Unhealthy = unhealthy,
        TimedOut = timedOut,
        Unknown = unknown,
        Answered = 0,
        ResponseTimeSumMs = 0,
        ResponseTimeMaxMs = 0,
    };
}
