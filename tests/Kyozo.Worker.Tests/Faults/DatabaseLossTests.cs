using System.Collections.Concurrent;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Worker.Tests.Faults;

/// <summary>Tests that look at the whole process: no other test runs beside them.</summary>
[CollectionDefinition(nameof(WholeProcess), DisableParallelization = true)]
public sealed class WholeProcess;

/// <summary>The database goes away under a worker that is at work (SAFETY F-27, F-28).</summary>
[Collection(nameof(WholeProcess))]
public sealed class DatabaseLossTests(DockerFixture docker)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_restarts_under_load_nothing_acknowledged_is_lost_and_the_worker_goes_on()
    {
        // What tests before this one left unobserved is theirs.
        CollectUnobserved();
        var unobserved = new ConcurrentBag<Exception>();
        void Observe(object? sender, UnobservedTaskExceptionEventArgs e) => unobserved.Add(e.Exception);
        TaskScheduler.UnobservedTaskException += Observe;
        await using var server = await OwnServer.StartAsync(Stop);
        await using (var worker = WorkerHost.StartWithLoops(server.Database, ("Kyozo:Schedule:StagingSweep", "00:00:01")))
        {
            var team = await A.TeamAsync(server.Database, Stop);
            var owner = new Actor((await A.UserAsync(server.Database, team, Stop, TeamRole.Owner)).Id, team.Id);
            var workspace = await A.WorkspaceAsync(server.Database, team, Stop);
            await A.ServiceAsync(server.Database, workspace, Stop);
            await using var portal = server.Database.BuildServices(server.Database.Portal);
            var acknowledged = new ConcurrentBag<Guid>();
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            var people = Enumerable.Range(0, 2).Select(_ => AskAsync(portal.GetRequiredService<DeploymentQueue>(), owner, workspace.Id, acknowledged, enough.Token)).ToList();

            TestContext.Current.TestOutputHelper!.WriteLine($"{Extent.AsRun}F-27: {Faults.Rounds} restarts under load");
            for (var round = 0; round < Faults.Rounds; round++)
            {
                var before = acknowledged.Count;
                await Eventually.TrueAsync("people ask for deployments", Faults.Recovery, () => Task.FromResult(acknowledged.Count >= before + 5), Stop);
                await server.StopAsync(Stop);
                await server.StartAgainAsync(Stop);
                await Faults.JobRanAsync(server.Database, "staging-sweep", TimeProvider.System.GetUtcNow(), Stop);
            }

            await enough.CancelAsync();
            await Task.WhenAll(people);
            await using var db = server.Database.OpenAsAdmin();
            await Eventually.TrueAsync("every deployment ends", Faults.Recovery, () => server.Database.ReadAsync<bool>("SELECT NOT EXISTS (SELECT FROM deployments WHERE status NOT IN ('succeeded', 'failed', 'cancelled'))", Stop), Stop);
            var rows = await db.Deployments.Select(d => d.Id).ToListAsync(Stop);
            Assert.Empty(acknowledged.Except(rows));
        }

        CollectUnobserved();
        TaskScheduler.UnobservedTaskException -= Observe;
        Assert.Empty(unobserved);
    }

    [Fact]
    public async Task While_the_database_is_gone_containers_run_on_and_afterwards_everything_is_as_wanted()
    {
        await using var server = await OwnServer.StartAsync(Stop);
        await using var worker = WorkerHost.StartWithLoops(server.Database, ("Kyozo:Schedule:StagingSweep", "00:00:01"), ("Kyozo:Reconcile:Interval", "00:00:02"));
        var id = await docker.StartAsync(await docker.SpecAsync("outage", ["sh", "-c", "while :; do sleep 1; done"], Stop), Stop);
        await Faults.JobRanAsync(server.Database, "staging-sweep", DateTimeOffset.MinValue, Stop);
        var started = await StartedAsync(id);

        await server.StopAsync(Stop);
        // Longer than two looks of the reconciler.
        await Eventually.TrueAsync("the worker says that it is ill", Faults.Recovery, async () => !(await HealthAsync(worker)), Stop);
        var outage = Extent.Of(5, 300, "KYOZO_TEST_OUTAGE_SECONDS");
        await Task.Delay(TimeSpan.FromSeconds(outage), Stop);
        TestContext.Current.TestOutputHelper!.WriteLine($"{Extent.AsRun}F-28: gone for {outage} s more than it took to notice");
        Assert.Equal(started, await StartedAsync(id));

        await server.StartAgainAsync(Stop);
        var back = TimeProvider.System.GetUtcNow();
        await Faults.JobRanAsync(server.Database, "staging-sweep", back, Stop);
        await server.Database.ExecuteAsync("UPDATE engines SET state = 'unknown', version = NULL", Stop);
        await Eventually.TrueAsync("the engine is looked at again", Faults.Recovery, () => server.Database.ReadAsync<bool>("SELECT state = 'reachable' AND version IS NOT NULL FROM engines", Stop), Stop);
        await Eventually.TrueAsync("the worker says that it is well", Faults.Recovery, () => HealthAsync(worker), Stop);
        Assert.Equal(started, await StartedAsync(id));
    }

    static void CollectUnobserved()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    static async Task AskAsync(DeploymentQueue queue, Actor owner, Guid workspace, ConcurrentBag<Guid> acknowledged, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            try
            {
                acknowledged.Add((await queue.RequestAsync(owner, workspace, DeploymentKind.Stop, new(), "a test", CancellationToken.None)).Id);
            }
            catch (Exception e) when (e is NpgsqlException or DbUpdateException or InvalidOperationException { InnerException: NpgsqlException or DbUpdateException })
            {
                // Not acknowledged; people try again.
            }

            // A worker carries out a few a second; the queue shall not be what is tested.
            await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
        }
    }

    static async Task<bool> HealthAsync(WorkerHost worker)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(worker.ClientOptions.BaseAddress, "health"), Stop);
        return answer.IsSuccessStatusCode;
    }

    static Task<string> StartedAsync(string container) => DockerCli.RunAsync(Stop, "inspect", "--format", "{{.State.Running}} {{.State.StartedAt}}", container);
}
