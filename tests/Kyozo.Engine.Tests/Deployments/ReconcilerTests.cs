using Kyozo.Data.Deployments;
using Kyozo.Data.Engines;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Deployments;
using Kyozo.Engine.Reconcile;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class ReconcilerTests(DockerFixture docker, PostgresFixture postgres)
{
    static readonly TimeSpan HalfAMinute = TimeSpan.FromSeconds(30);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("kill")]
    [InlineData("rm")]
    public async Task What_was_killed_or_removed_from_outside_is_seen_down_and_runs_again(string how)
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        bench.Set("Kyozo:Reconcile:RepairDelay", "0:00:01");
        var reconciler = bench.Worker().GetRequiredService<Reconciler>();
        await DockerCli.RunAsync(Cancellation, how is "kill" ? ["kill", Assert.Single(await bench.RunningAsync(web.Id, Cancellation))] : ["rm", "--force", Assert.Single(await bench.RunningAsync(web.Id, Cancellation))]);

        await reconciler.RunAsync(WellKnown.LocalEngine, Cancellation);

        var seen = await bench.ServiceAsync(web.Id, Cancellation);
        Assert.Equal(ServiceStatus.Degraded, seen.Status);
        Assert.Equal(how is "kill" ? "down: it ended with exit code 137" : "down: its container was removed", seen.StatusReason);

        await Eventually.TrueAsync("it runs again", HalfAMinute, async () =>
        {
            await reconciler.RunAsync(WellKnown.LocalEngine, Cancellation);
            return (await bench.ServiceAsync(web.Id, Cancellation)).Status is ServiceStatus.Running;
        }, Cancellation);
        var container = Assert.Single(await bench.RunningAsync(web.Id, Cancellation));
        var record = Assert.Single(await bench.InServiceAsync(web.Id, Cancellation));
        Assert.Equal((container, ContainerStatus.Running), (record.ContainerId, record.Status));
        Assert.Equal(["service_stopped", "service_restarted"], (await bench.EventsAsync(web.Id, Cancellation)).TakeLast(2));
    }

    [Fact]
    public async Task What_was_started_from_outside_after_a_stop_is_stopped_again()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        await bench.RunAsync(DeploymentKind.Stop, Cancellation);
        await DockerCli.RunAsync(Cancellation, "start", Assert.Single(await bench.AllAsync(web.Id, Cancellation)));

        await bench.Worker().GetRequiredService<Reconciler>().RunAsync(WellKnown.LocalEngine, Cancellation);

        Assert.Empty(await bench.RunningAsync(web.Id, Cancellation));
        Assert.Equal(ServiceStatus.Stopped, (await bench.ServiceAsync(web.Id, Cancellation)).Status);
    }

    [Fact]
    public async Task A_crash_loop_is_one_event_and_one_status()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        // Up for long enough to pass its gate.
        var job = await bench.BackgroundAsync("job", Cancellation, s => s.DeploymentConfig = new() { StartCommand = "sleep 1; exit 7" });
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        var reconciler = bench.Worker().GetRequiredService<Reconciler>();

        await Eventually.TrueAsync("it is crash looping", HalfAMinute, async () =>
        {
            await reconciler.RunAsync(WellKnown.LocalEngine, Cancellation);
            return (await bench.ServiceAsync(job.Id, Cancellation)).Status is ServiceStatus.CrashLooping;
        }, Cancellation);
        var events = (await bench.EventsAsync(job.Id, Cancellation)).Count;
        var restarts = Assert.Single(await bench.InServiceAsync(job.Id, Cancellation)).RestartCount;
        await Eventually.TrueAsync("it restarts more often", HalfAMinute, async () =>
        {
            await reconciler.RunAsync(WellKnown.LocalEngine, Cancellation);
            return Assert.Single(await bench.InServiceAsync(job.Id, Cancellation)).RestartCount > restarts;
        }, Cancellation);

        Assert.Equal(events, (await bench.EventsAsync(job.Id, Cancellation)).Count);
        Assert.Equal("it keeps ending: it ended with exit code 7", (await bench.ServiceAsync(job.Id, Cancellation)).StatusReason);
    }

    [Fact]
    public async Task A_container_with_forged_labels_is_left_alone()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        var worker = bench.Worker();
        var spec = await docker.SpecAsync($"forged-{web.Id:N}", ["sleep", "300"], Cancellation);
        var forged = await docker.StartAsync(spec with
        {
            Labels = new Dictionary<string, string>(docker.Labels)
            {
                [KyozoLabels.Installation] = worker.GetRequiredService<Installation>().Id.ToString(),
                [KyozoLabels.Service] = web.Id.ToString(),
                [KyozoLabels.Epoch] = "1",
            },
        }, Cancellation);

        for (var i = 0; i < 3; i++) await worker.GetRequiredService<Reconciler>().RunAsync(WellKnown.LocalEngine, Cancellation);
        await bench.RunAsync(DeploymentKind.Restart, Cancellation);
        await bench.RunAsync(DeploymentKind.Delete, Cancellation);

        Assert.Equal([forged], await bench.RunningAsync(web.Id, Cancellation));
    }

    [Fact]
    public async Task What_a_dead_worker_made_too_late_is_removed()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        var worker = bench.Worker();
        var serving = await bench.RunningAsync(web.Id, Cancellation);
        var (id, epoch) = (A.Id(), 0L);
        var spec = await docker.SpecAsync($"late-{web.Id:N}", ["sleep", "300"], Cancellation);
        await using (var db = bench.Database.OpenAsAdmin())
        {
            db.Add(new ServiceContainer
            {
                Id = id,
                TeamId = bench.Team.Id,
                ServiceInstanceId = web.Id,
                EngineId = WellKnown.LocalEngine,
                Replica = 1,
                Epoch = epoch,
                SpecHash = "x",
                ContainerName = spec.Name,
                ImageId = "x",
                Status = ContainerStatus.Removed,
                RemovedAt = TimeProvider.System.GetUtcNow(),
            });
            await db.SaveChangesAsync(Cancellation);
        }

        await docker.StartAsync(spec with
        {
            Labels = new Dictionary<string, string>(docker.Labels)
            {
                [KyozoLabels.Installation] = worker.GetRequiredService<Installation>().Id.ToString(),
                [KyozoLabels.Service] = web.Id.ToString(),
                [KyozoLabels.Epoch] = $"{epoch}",
            },
        }, Cancellation);

        await worker.GetRequiredService<Reconciler>().RunAsync(WellKnown.LocalEngine, Cancellation);

        Assert.Equal(serving, await bench.AllAsync(web.Id, Cancellation));
    }

    [Fact]
    public async Task An_engine_that_does_not_answer_makes_services_unknown_not_stopped()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        bench.Set("Docker:Endpoint", "unix:///nowhere/docker.sock");

        await bench.Worker().GetRequiredService<Reconciler>().RunAsync(WellKnown.LocalEngine, Cancellation);

        Assert.Equal(ServiceStatus.Unknown, (await bench.ServiceAsync(web.Id, Cancellation)).Status);
        bench.Set("Docker:Endpoint", "unix:///var/run/docker.sock");
        await bench.Worker().GetRequiredService<Reconciler>().RunAsync(WellKnown.LocalEngine, Cancellation);
        Assert.Equal(ServiceStatus.Running, (await bench.ServiceAsync(web.Id, Cancellation)).Status);
        await using var db = bench.Database.OpenAsAdmin();
        Assert.Equal(EngineState.Reachable, (await db.Engines.SingleAsync(e => e.Id == WellKnown.LocalEngine, Cancellation)).State);
    }
}
