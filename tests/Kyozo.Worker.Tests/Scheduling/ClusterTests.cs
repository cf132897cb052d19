using Kyozo.Data.Deployments;
using Kyozo.Data.Scheduling;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Topology;
using Kyozo.Data.Workspaces;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Worker.Tests.Scheduling;

public sealed class ClusterTests(PostgresFixture postgres)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_workers_share_one_schedule_and_no_tick_is_run_twice()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);
        await using var one = WorkerHost.Start(database, ("Kyozo:Worker:Node", "one"), ("Kyozo:Schedule:StagingSweep", "00:00:01"));
        await using var two = WorkerHost.Start(database, ("Kyozo:Worker:Node", "two"), ("Kyozo:Schedule:StagingSweep", "00:00:01"));

        await Eventually.TrueAsync("twenty ticks", Patience, async () => (await RunsAsync(database)).Count >= 20, Stop);

        var runs = (await RunsAsync(database)).Where(r => r.FinishedAt is not null).OrderBy(r => r.StartedAt).ToList();
        Assert.All(runs, r => Assert.True(r.Succeeded));
        Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.True(pair.First.FinishedAt <= pair.Second.StartedAt));
    }

    [Fact]
    public async Task A_job_that_somebody_still_runs_is_not_begun_again()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);
        await Eventually.TrueAsync("the sweep at start", Patience, async () => (await RunsAsync(worker.Database)).Exists(r => r.FinishedAt is not null), Stop);
        await using var frozen = new NpgsqlConnection(worker.Database.Admin);
        await frozen.OpenAsync(Stop);
        await using var hold = new NpgsqlCommand("SELECT pg_advisory_lock(hashtextextended('kyozo:job:history', 0))", frozen);
        await hold.ExecuteNonQueryAsync(Stop);

        await worker.Client().RunJobAsync(new(WellKnown.Operator, WellKnown.DefaultTeam), "history", Stop);
        await worker.Client().RunJobAsync(new(WellKnown.Operator, WellKnown.DefaultTeam), "job-runs-cleanup", Stop);

        await Eventually.TrueAsync("the job asked for later", Patience, () => AskedAsync(worker, "job-runs-cleanup"), Stop);
        Assert.False(await AskedAsync(worker, "history"));
    }

    [Fact]
    public async Task The_books_keep_the_newest_runs_and_failures_and_close_what_died()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);
        var start = TimeProvider.System.GetUtcNow().AddDays(-1);
        await using (var db = worker.Database.OpenAsAdmin())
        {
            db.AddRange(Enumerable.Range(0, 200).Select(i => new JobRun
            {
                Id = A.Id(),
                JobName = "ticking",
                Node = "n",
                StartedAt = start.AddMinutes(i),
                FinishedAt = start.AddMinutes(i),
                Succeeded = i >= 30,
            }));
            db.Add(new JobRun { Id = A.Id(), JobName = "died", Node = "n", StartedAt = start });
            await db.SaveChangesAsync(Stop);
        }

        await worker.Client().RunJobAsync(new(WellKnown.Operator, WellKnown.DefaultTeam), "job-runs-cleanup", Stop);
        await Eventually.TrueAsync("the cleanup", Patience, () => AskedAsync(worker, "job-runs-cleanup"), Stop);

        await using var after = worker.Database.OpenAsAdmin();
        Assert.Equal(50, await after.JobRuns.CountAsync(r => r.JobName == "ticking" && r.Succeeded == true, Stop));
        Assert.Equal(20, await after.JobRuns.CountAsync(r => r.JobName == "ticking" && r.Succeeded == false, Stop));
        Assert.Equal("Its worker ended.", (await after.JobRuns.SingleAsync(r => r.JobName == "died", Stop)).Outcome);
    }

    [Fact]
    public async Task The_newest_analyses_and_build_logs_of_a_workspace_are_kept_and_those_that_a_service_came_from()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop, ("Kyozo:Retention:History", "2"));
        await Eventually.TrueAsync("the first tick is over", Patience, () => RanAsync(worker, "history"), Stop);
        var team = await A.TeamAsync(worker.Database, Stop);
        var workspace = await A.WorkspaceAsync(worker.Database, team, Stop);
        var analyses = Enumerable.Range(0, 5).Select(i => Analysis(workspace, i)).ToList();
        var deployments = Enumerable.Range(0, 4).Select(_ => Finished(workspace)).ToList();
        await using (var db = worker.Database.OpenAsAdmin())
        {
            db.AddRange(analyses);
            await db.SaveChangesAsync(Stop);
            foreach (var deployment in deployments)
            {
                db.Add(deployment);
                await db.SaveChangesAsync(Stop);
                Directory.CreateDirectory(Path.Combine(worker.Home.BuildLogs, deployment.Id.ToString()));
            }
        }

        await A.ServiceAsync(worker.Database, workspace, Stop, with: s => s.TopologyDetectionId = analyses[0].Id);

        await worker.Client().RunJobAsync(new(WellKnown.Operator, WellKnown.DefaultTeam), "history", Stop);
        await Eventually.TrueAsync("the cleanup", Patience, () => AskedAsync(worker, "history"), Stop);

        await using var after = worker.Database.OpenAsAdmin();
        Assert.Equal(
            new[] { analyses[0].Id, analyses[3].Id, analyses[4].Id },
            await after.TopologyDetections.OrderBy(d => d.DetectedAt).Select(d => d.Id).ToListAsync(Stop));
        Assert.Equal(
            deployments.Skip(2).Select(d => d.Id.ToString()).Order(),
            Directory.GetDirectories(worker.Home.BuildLogs).Select(Path.GetFileName).Order());
    }

    static TopologyDetection Analysis(Workspace workspace, int age) => new()
    {
        Id = A.Id(),
        TeamId = workspace.TeamId,
        WorkspaceId = workspace.Id,
        FolderPath = "/",
        DetectedPatterns = "{}",
        ConfidenceScores = "{}",
        RecommendedServices = [],
        ServiceGraph = new() { Folder = "/", Strategy = DeploymentStrategy.None, Services = [], Dependencies = [], Skipped = [] },
        DeploymentStrategy = DeploymentStrategy.None,
        DetectedAt = TimeProvider.System.GetUtcNow().AddDays(age - 10),
    };

    static Deployment Finished(Workspace workspace) => new()
    {
        Id = A.Id(),
        TeamId = workspace.TeamId,
        WorkspaceId = workspace.Id,
        EngineId = WellKnown.LocalEngine,
        Kind = DeploymentKind.Deploy,
        Status = DeploymentStatus.Succeeded,
        RequestedBy = WellKnown.Operator,
        Request = new(),
    };

    static async Task<List<JobRun>> RunsAsync(TestDatabase database)
    {
        await using var db = database.OpenAsAdmin();
        return await db.JobRuns.AsNoTracking().Where(r => r.JobName == "staging-sweep").ToListAsync(Stop);
    }

    static async Task<bool> RanAsync(WorkerHost worker, string job)
    {
        await using var db = worker.Database.OpenAsAdmin();
        return await db.JobRuns.AnyAsync(r => r.JobName == job && r.FinishedAt != null, Stop);
    }

    static async Task<bool> AskedAsync(WorkerHost worker, string job)
    {
        await using var db = worker.Database.OpenAsAdmin();
        return await db.JobRuns.AnyAsync(r => r.JobName == job && r.RequestedBy == WellKnown.Operator && r.FinishedAt != null, Stop);
    }
}
