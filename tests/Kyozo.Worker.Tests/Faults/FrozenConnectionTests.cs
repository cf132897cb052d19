using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Scheduling;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Worker.Tests.Faults;

/// <summary>The connections of one of two workers freeze: nothing is refused, nothing is answered (SAFETY F-37).</summary>
public sealed class FrozenConnectionTests(PostgresFixture postgres)
{
    const string Frozen = "frozen";

    /// <summary>More than Quartz waits for the check-in of a node (10 s) before it takes it for dead.</summary>
    static readonly TimeSpan Length = TimeSpan.FromSeconds(Extent.Of(13, 60));

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_whose_connections_freeze_is_replaced_runs_nothing_twice_and_goes_on_when_they_thaw()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);
        await using var proxy = FreezableProxy.Before(new NpgsqlConnectionStringBuilder(database.Admin).Port);
        string Through(string connection) => new NpgsqlConnectionStringBuilder(connection) { Port = proxy.Port, ApplicationName = Frozen, CommandTimeout = 3, CancellationTimeout = 500, Timeout = 3 }.ConnectionString;
        await using var one = WorkerHost.Start(
            database, ("Kyozo:Worker:Node", Frozen), ("Kyozo:Schedule:StagingSweep", "00:00:01"),
            ("ConnectionStrings:kyozodb", Through(database.Worker)), ("ConnectionStrings:kyozodb_maintenance", Through(database.Maintenance)));
        await RanOnAsync(database, Frozen, DateTimeOffset.MinValue);
        var two = WorkerHost.Start(database, ("Kyozo:Worker:Node", "other"), ("Kyozo:Schedule:StagingSweep", "00:00:01"));
        await using (two)
        {
            var service = await A.ServiceAsync(database, await A.WorkspaceAsync(database, await A.TeamAsync(database, Stop), Stop), Stop);
            await AppendAsync(one, service.TeamId, service.Id);
            await FreezeBetweenTwoJobsAsync(proxy, database);

            var began = TimeProvider.System.GetUtcNow();
            // Begun while nothing passes: it ends with an error, not never.
            await Assert.ThrowsAnyAsync<Exception>(() => AppendAsync(one, service.TeamId, service.Id)).WaitAsync(Faults.Recovery, Stop);
            await RanOnAsync(database, "other", began);
            await Task.Delay(began + Length - TimeProvider.System.GetUtcNow() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero, Stop);
            await RanOnAsync(database, "other", TimeProvider.System.GetUtcNow());
            Assert.Equal(0, await database.ReadAsync<long>($"SELECT count(*) FROM job_runs WHERE node = '{Frozen}' AND started_at > '{began:O}'", Stop));

            proxy.Thaw();
            TestContext.Current.TestOutputHelper!.WriteLine($"{Extent.AsRun}F-37: frozen for {Length.TotalSeconds:0} s");
            await Eventually.TrueAsync("an event can be written again", Faults.Recovery, async () =>
            {
                try
                {
                    await AppendAsync(one, service.TeamId, service.Id);
                    return true;
                }
                catch (Exception e) when (e is NpgsqlException or DbUpdateException or InvalidOperationException)
                {
                    return false;
                }
            }, Stop);
            // Whole or not at all: every event has its number, and the head knows the last.
            Assert.Equal(
                await database.ReadAsync<string>("SELECT string_agg(n::text, ' ') FROM generate_series(1, (SELECT last_sequence_num FROM event_heads)) n", Stop),
                await database.ReadAsync<string>("SELECT string_agg(sequence_num::text, ' ' ORDER BY sequence_num) FROM deployment_events", Stop));
        }

        // The other is gone; the one that was given up goes on alone.
        await RanOnAsync(database, Frozen, TimeProvider.System.GetUtcNow());
        await using var db = database.OpenAsAdmin();
        var runs = await db.JobRuns.AsNoTracking().Where(run => run.JobName == "staging-sweep" && run.FinishedAt != null).OrderBy(run => run.StartedAt).ToListAsync(Stop);
        Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.True(pair.First.FinishedAt <= pair.Second.StartedAt, $"{pair.First.Node} {pair.First.StartedAt:O} and {pair.Second.Node} {pair.Second.StartedAt:O}"));
    }

    // In the middle of one it would keep the job's lock, and the other worker would rightly wait for it.
    static async Task FreezeBetweenTwoJobsAsync(FreezableProxy proxy, TestDatabase database)
    {
        while (true)
        {
            proxy.Freeze();
            if (!await database.ReadAsync<bool>(
                $"""
                SELECT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = current_database() AND a.usename IN ('kyozo_worker', 'kyozo_maintenance')
                    AND a.application_name IN ('{Frozen}', 'kyozo-quartz') AND (a.xact_start IS NOT NULL OR EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory')))
                """, Stop)) return;
            proxy.Thaw();
        }
    }

    static async Task AppendAsync(WorkerHost worker, Guid team, Guid service)
    {
        await using var db = await worker.Services.GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContextAsync(Stop);
        await worker.Services.GetRequiredService<EventLog>().AppendAsync(db, new NewEvent(team, service, EventType.ServiceRestarted, new { }), Stop);
    }

    static Task RanOnAsync(TestDatabase database, string node, DateTimeOffset since) =>
        Eventually.TrueAsync($"a job runs on {node}", Faults.Recovery, async () =>
        {
            await using var db = database.OpenAsAdmin();
            return await db.Set<JobRun>().AnyAsync(run => run.JobName == "staging-sweep" && run.Node == node && run.StartedAt > since && run.Succeeded == true, Stop);
        }, Stop);
}
