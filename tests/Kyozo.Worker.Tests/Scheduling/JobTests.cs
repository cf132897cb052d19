using Kyozo.Data.Backups;
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
            ["health-checks", "metrics", "partitions", "rollups", "archival", "anchors", "backup", "analyze", "reindex", "history", "staging-sweep", "job-runs-cleanup"],
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
    public async Task A_run_whose_end_could_not_be_written_is_ended_by_the_next_of_its_job()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);
        await database.ExecuteAsync(
            $"INSERT INTO job_runs (id, job_name, started_at, node) SELECT gen_random_uuid(), job, now() - interval '1 minute', 'frozen' FROM unnest(ARRAY['staging-sweep', 'reindex']) job", Stop);
        await using var worker = WorkerHost.Start(database, ("Kyozo:Schedule:StagingSweep", "00:00:01"));
        await RanAsync(worker, "staging-sweep", times: 2);

        Assert.StartsWith("How it ended is not known", await database.ReadAsync<string>("SELECT outcome FROM job_runs WHERE node = 'frozen' AND job_name = 'staging-sweep' AND succeeded = false", Stop), StringComparison.Ordinal);
        Assert.Equal(1, await database.ReadAsync<long>("SELECT count(*) FROM job_runs WHERE node = 'frozen' AND finished_at IS NULL", Stop));
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
    public async Task A_backup_is_made_at_the_press_of_a_button_and_names_who_pressed_it()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);

        await worker.Client().RunJobAsync(Operator, "backup", Stop);

        await RanAsync(worker, "backup", 1);
        await using var db = worker.Database.OpenAsAdmin();
        var backup = await db.Backups.SingleAsync(Stop);
        Assert.Equal((BackupStatus.Good, (Guid?)WellKnown.Operator), (backup.Status, backup.RequestedBy));
        Assert.True(File.Exists(backup.File));
    }

    [Fact]
    public async Task A_backup_that_cannot_be_made_is_a_job_that_failed_with_the_reason()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);
        await worker.Database.ExecuteAsync(
            $"REVOKE CONNECT ON DATABASE {worker.Database.Name} FROM PUBLIC, kyozo_backup; GRANT CONNECT ON DATABASE {worker.Database.Name} TO kyozo_worker, kyozo_maintenance", Stop);

        await worker.Client().RunJobAsync(Operator, "backup", Stop);

        await Eventually.TrueAsync("the failure to be recorded", TimeSpan.FromSeconds(30), async () =>
        {
            await using var db = worker.Database.OpenAsAdmin();
            return await db.JobRuns.AnyAsync(r => r.JobName == "backup" && r.Succeeded == false && r.Outcome!.Contains("permission denied"), Stop);
        }, Stop);
    }

    [Fact]
    public async Task Upkeep_runs_and_says_what_it_did()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);

        await worker.Client().RunJobAsync(Operator, "analyze", Stop);
        await worker.Client().RunJobAsync(Operator, "reindex", Stop);

        await RanAsync(worker, "analyze", 1);
        await RanAsync(worker, "reindex", 1);
    }

    [Fact]
    public async Task An_unknown_job_is_refused()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);

        var refusal = await Assert.ThrowsAsync<WorkerRefusedException>(() => worker.Client().RunJobAsync(Operator, "no-such-job", Stop));

        Assert.Contains("no-such-job", refusal.Message);
    }

    static Task RanAsync(WorkerHost worker, string job, int times) =>
        Eventually.TrueAsync($"{job} to run {times} times", TimeSpan.FromSeconds(90), async () =>
        {
            await using var db = worker.Database.OpenAsAdmin();
            return await db.JobRuns.CountAsync(r => r.JobName == job && r.Succeeded == true, Stop) >= times;
        }, Stop);
}
