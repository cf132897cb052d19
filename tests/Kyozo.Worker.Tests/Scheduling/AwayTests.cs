using Kyozo.Data.Schema;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Worker.Tests.Scheduling;

/// <summary>SAFETY F-38: what a worker makes up for that was away.</summary>
public sealed class AwayTests(PostgresFixture postgres)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_three_hours_away_archival_is_made_up_for_once_and_probes_and_measurements_are_not()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);
        await using (var before = WorkerHost.Start(database)) await EndedAsync(database, "archival");
        await using (var maintenance = new MaintenanceDataSource(database.Maintenance)) await new Partitions(maintenance, new FortyDaysAgo()).EnsureAsync(Stop);
        await database.ExecuteAsync(
            """
            UPDATE quartz.qrtz_triggers SET next_fire_time = (extract(epoch FROM now() - interval '3 hours') * 1000)::bigint WHERE trigger_name IN ('archival', 'health-checks', 'metrics');
            DELETE FROM job_runs;
            """,
            Stop);

        await using var worker = WorkerHost.Start(database);
        await EndedAsync(database, "archival");
        await EndedAsync(database, "partitions");

        await using var db = database.OpenAsAdmin();
        var runs = await db.JobRuns.AsNoTracking().ToListAsync(Stop);
        Assert.Single(runs, run => run.JobName == "archival" && run.Succeeded == true && !run.Outcome!.Contains("dropped 0", StringComparison.Ordinal));
        Assert.All(new[] { "health-checks", "metrics" }, job => Assert.True(runs.Count(run => run.JobName == job) <= 1, $"{job} ran {runs.Count(run => run.JobName == job)} times"));
    }

    static Task EndedAsync(TestDatabase database, string job) => Eventually.TrueAsync($"{job} to end well", TimeSpan.FromSeconds(60), async () =>
    {
        await using var db = database.OpenAsAdmin();
        return await db.JobRuns.AnyAsync(run => run.JobName == job && run.Succeeded == true, Stop);
    }, Stop);

    sealed class FortyDaysAgo : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(-40);
    }
}
