using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Data.WorkerApi;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Worker.Tests.Scheduling;

public sealed class JobTests(PostgresFixture postgres)
{
    static readonly Actor Operator = new(WellKnown.Operator, WellKnown.DefaultTeam);

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_schedule_is_listed_with_words_for_people_and_the_next_run()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);

        var jobs = await worker.Client().ReadJobsAsync(Operator, Stop);

        Assert.Equal(
            ["health-checks", "metrics", "partitions", "rollups", "archival", "anchors", "history", "staging-sweep", "job-runs-cleanup"],
            jobs.Select(j => j.Name));
        Assert.All(jobs, j => Assert.NotNull(j.NextRunAt));
        Assert.Contains("daily at 03:10 UTC", jobs.Single(j => j.Name == "archival").Schedule);
    }

    [Fact]
    public async Task What_runs_at_start_runs_and_is_recorded()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);

        await RanAsync(worker, "partitions", 1);
        await RanAsync(worker, "archival", 1);
        await RanAsync(worker, "staging-sweep", 1);
    }

    [Fact]
    public async Task A_job_runs_when_an_administrator_says_so_and_his_name_stands_in_the_books()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);

        await worker.Client().RunJobAsync(Operator, "job-runs-cleanup", Stop);

        var run = await Eventually.GetAsync("the run to end", TimeSpan.FromSeconds(30), async () =>
        {
            await using var db = worker.Database.OpenAsAdmin();
            return await db.JobRuns.SingleOrDefaultAsync(r => r.JobName == "job-runs-cleanup" && r.RequestedBy == WellKnown.Operator && r.FinishedAt != null, Stop);
        }, Stop);
        Assert.True(run.Succeeded);
        Assert.StartsWith("forgot", run.Outcome);
    }

    [Fact]
    public async Task A_job_that_fails_is_recorded_with_the_reason()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);
        await RanAsync(worker, "archival", 1);
        await worker.Database.ExecuteAsync("ALTER TABLE deployment_events_archive RENAME TO hidden; ALTER TABLE health_checks RENAME TO gone;", Stop);

        await worker.Client().RunJobAsync(Operator, "archival", Stop);

        await Eventually.TrueAsync("the failure to be recorded", TimeSpan.FromSeconds(30), async () =>
        {
            await using var db = worker.Database.OpenAsAdmin();
            return await db.JobRuns.AnyAsync(r => r.JobName == "archival" && r.Succeeded == false && r.Outcome!.Contains("health_checks"), Stop);
        }, Stop);
    }

    [Fact]
    public async Task An_unknown_job_is_refused()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);

        var refusal = await Assert.ThrowsAsync<WorkerRefusedException>(() => worker.Client().RunJobAsync(Operator, "no-such-job", Stop));

        Assert.Contains("no-such-job", refusal.Message);
    }

    static Task RanAsync(WorkerHost worker, string job, int times) =>
        Eventually.TrueAsync($"{job} to run {times} times", TimeSpan.FromSeconds(30), async () =>
        {
            await using var db = worker.Database.OpenAsAdmin();
            return await db.JobRuns.CountAsync(r => r.JobName == job && r.Succeeded == true, Stop) >= times;
        }, Stop);
}
