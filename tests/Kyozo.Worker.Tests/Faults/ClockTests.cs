using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Kyozo.Worker.Tests.Faults;

/// <summary>Clocks that disagree (SAFETY F-39) and a worker that was down for hours (F-38).</summary>
public sealed class ClockTests(PostgresFixture postgres)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Leases_and_the_trail_go_by_the_database_s_clock_whatever_the_processes_think()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);
        var team = await A.TeamAsync(database, Stop);
        var owner = new Actor((await A.UserAsync(database, team, Stop, TeamRole.Owner)).Id, team.Id);
        var workspace = await A.WorkspaceAsync(database, team, Stop);
        var service = await A.ServiceAsync(database, workspace, Stop);
        var now = TimeProvider.System.GetUtcNow();
        await using var portal = database.BuildServices(database.Portal, new FakeTimeProvider(now.AddMinutes(5)));
        await using var early = database.BuildServices(database.Worker, new FakeTimeProvider(now.AddHours(-1)));
        await using var late = database.BuildServices(database.Worker, new FakeTimeProvider(now.AddMinutes(5)));
        await portal.GetRequiredService<DeploymentQueue>().RequestAsync(owner, workspace.Id, DeploymentKind.Stop, new(), "a test", Stop);

        var claimed = await early.GetRequiredService<DeploymentLeases>().ClaimAsync("early", [WellKnown.LocalEngine], TimeSpan.FromMinutes(1), Stop);
        var stolen = await late.GetRequiredService<DeploymentLeases>().ClaimAsync("late", [WellKnown.LocalEngine], TimeSpan.FromMinutes(1), Stop);
        foreach (var worker in (ServiceProvider[])[late, early, late])
        {
            await using var db = await worker.GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContextAsync(Stop);
            await worker.GetRequiredService<EventLog>().AppendAsync(db, new NewEvent(team.Id, service.Id, EventType.ServiceStarted, new { }), Stop);
        }

        Assert.NotNull(claimed);
        Assert.Null(stolen);
        Assert.InRange(claimed.LeaseUntil!.Value, now.AddSeconds(55), now.AddMinutes(3));
        await using var admin = database.OpenAsAdmin();
        var lines = await admin.DeploymentEvents.AsNoTracking().Where(e => e.ServiceInstanceId == service.Id).OrderBy(e => e.SequenceNum).ToListAsync(Stop);
        Assert.Equal(3, lines.Count);
        Assert.All(lines, line => Assert.InRange(line.OccurredAt, now.AddSeconds(-30), now.AddMinutes(3)));
        Assert.Equal(lines.Select(line => line.OccurredAt).Order(), lines.Select(line => line.OccurredAt));
    }

    [Fact]
    public async Task After_three_hours_without_a_worker_the_day_s_work_is_done_once_and_no_tick_is_made_up_for()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);
        await using (var before = WorkerHost.Start(database)) await Faults.JobRanAsync(database, "archival", DateTimeOffset.MinValue, Stop);
        // As if everything had last been due three hours ago.
        await database.ExecuteAsync("UPDATE quartz.qrtz_triggers SET next_fire_time = next_fire_time - (next_fire_time - (extract(epoch FROM now()) * 1000)::bigint) - 10800000", Stop);
        var down = TimeProvider.System.GetUtcNow();

        await using var after = WorkerHost.Start(database, ("Kyozo:Schedule:StagingSweep", "00:00:10"), ("Kyozo:Schedule:HealthChecks", "00:00:10"));
        await Faults.JobRanAsync(database, "archival", down, Stop);
        await Faults.JobRanAsync(database, "health-checks", down, Stop);

        await using var db = database.OpenAsAdmin();
        var runs = await db.JobRuns.AsNoTracking().Where(run => run.StartedAt > down).ToListAsync(Stop);
        // Three hours of ticks would be a thousand.
        Assert.InRange(runs.Count(run => run.JobName == "health-checks"), 1, 20);
        Assert.InRange(runs.Count(run => run.JobName == "archival"), 1, 2);
        Assert.All(runs.Where(run => run.FinishedAt is not null), run => Assert.True(run.Succeeded, $"{run.JobName}: {run.Outcome}"));
    }
}
