using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Engine.Deployments;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class InterruptionTests(DockerFixture docker, PostgresFixture postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_that_stops_midway_hands_over_and_the_other_finishes()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        var asked = await bench.RequestAsync(DeploymentKind.Deploy, Cancellation);
        using var stopping = new CancellationTokenSource();
        var building = new TaskCompletionSource();
        bench.Images.Building = async (_, token) =>
        {
            building.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
        };
        var first = DeploymentBench.CarryOutAsync(bench.Worker(), stopping.Token);
        await building.Task;
        await stopping.CancelAsync();
        await first;

        Assert.Equal(DeploymentStatus.Interrupted, (await bench.ReadAsync(asked.Id, Cancellation)).Status);
        bench.Images.Building = (_, _) => Task.CompletedTask;
        await DeploymentBench.CarryOutAsync(bench.Worker(), Cancellation, "worker-2");

        Assert.Equal(DeploymentStatus.Succeeded, (await bench.ReadAsync(asked.Id, Cancellation)).Status);
        Assert.Single(await bench.AllAsync(web.Id, Cancellation));
    }

    [Fact]
    public async Task A_worker_that_hangs_is_replaced_and_what_it_does_afterwards_does_not_count()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        bench.Set("Kyozo:Deployments:Lease", "0:00:01");
        var web = await bench.WebAsync("web", Cancellation);
        var asked = await bench.RequestAsync(DeploymentKind.Deploy, Cancellation);
        var (building, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        bench.Images.Building = async (_, _) =>
        {
            if (building.TrySetResult()) await goOn.Task;
        };
        var zombie = bench.Worker();
        var first = DeploymentBench.CarryOutAsync(zombie, Cancellation, "zombie", TimeSpan.FromSeconds(1));
        await building.Task;

        // As if the process slept: another has the row, under a higher epoch.
        await using (var db = bench.Database.OpenAsAdmin())
            await db.Deployments.Where(d => d.Id == asked.Id).ExecuteUpdateAsync(u => u.SetProperty(d => d.LeaseUntil, TimeProvider.System.GetUtcNow().AddHours(-1)), Cancellation);
        var leases = bench.Worker().GetRequiredService<DeploymentLeases>();
        var heir = await leases.ClaimAsync("heir", [WellKnown.LocalEngine], TimeSpan.FromSeconds(20), Cancellation)
            ?? await Eventually.GetAsync("the lease is free", TimeSpan.FromSeconds(5), () => StealAsync(bench, leases, asked.Id), Cancellation);
        goOn.SetResult();
        await first;

        Assert.Empty(await bench.AllAsync(web.Id, Cancellation));
        Assert.False((await bench.ReadAsync(asked.Id, Cancellation)).Status.HasEnded());

        await bench.Worker().GetRequiredService<DeploymentRunner>().RunAsync(heir, Cancellation);

        Assert.Equal(DeploymentStatus.Succeeded, (await bench.ReadAsync(asked.Id, Cancellation)).Status);
        var container = Assert.Single(await bench.AllAsync(web.Id, Cancellation));
        Assert.Equal($"{heir.LeaseEpoch}", await DockerCli.RunAsync(Cancellation, "inspect", "--format", "{{index .Config.Labels \"kyozo.epoch\"}}", container));
        Assert.Equal(1, (await bench.EventsAsync(web.Id, Cancellation)).Count(e => e == "deployment_completed"));
    }

    [Fact]
    public async Task A_worker_that_died_between_start_and_switch_leaves_nothing_behind()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation, s => s.ScalingConfig = new() { Replicas = 2 });
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        await bench.ChangeAsync(web.Id, s => s.DeploymentConfig = s.DeploymentConfig with { Environment = new Dictionary<string, string> { ["A"] = "1" }, HealthChecks = [new() { Type = Data.Health.CheckType.Http, Port = 8000, Path = "/not-there" }] }, Cancellation);
        var before = await bench.RunningAsync(web.Id, Cancellation);
        var asked = await bench.RequestAsync(DeploymentKind.Deploy, Cancellation);
        using var dying = new CancellationTokenSource();
        var first = DeploymentBench.CarryOutAsync(bench.Worker(), dying.Token);
        await Eventually.TrueAsync("old and new containers run side by side", TimeSpan.FromSeconds(30), async () => (await bench.RunningAsync(web.Id, Cancellation)).Count == 4, Cancellation);
        await dying.CancelAsync();
        await first;
        Assert.Equal(4, (await bench.AllAsync(web.Id, Cancellation)).Count);

        await bench.ChangeAsync(web.Id, s => s.DeploymentConfig = s.DeploymentConfig with { HealthChecks = [] }, Cancellation);
        await DeploymentBench.CarryOutAsync(bench.Worker(), Cancellation, "worker-2");

        Assert.Equal(DeploymentStatus.Succeeded, (await bench.ReadAsync(asked.Id, Cancellation)).Status);
        var after = await bench.AllAsync(web.Id, Cancellation);
        Assert.Equal(2, after.Count);
        Assert.Empty(after.Intersect(before));
    }

    [Theory]
    [InlineData("building")]
    [InlineData("verifying")]
    public async Task Cancelled_in_that_phase_the_old_one_stays(string phase)
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        bench.Set("Kyozo:Deployments:Lease", "0:00:01");
        var web = await bench.WebAsync("web", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        var before = await bench.RunningAsync(web.Id, Cancellation);
        await bench.ChangeAsync(web.Id, s => s.DeploymentConfig = s.DeploymentConfig with { Version = "2", Environment = new Dictionary<string, string> { ["A"] = "1" }, HealthChecks = [new() { Type = Data.Health.CheckType.Http, Port = 8000, Path = "/not-there" }] }, Cancellation);
        if (phase == "building") bench.Images.Building = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, token);
        var asked = await bench.RequestAsync(DeploymentKind.Deploy, Cancellation);
        var running = DeploymentBench.CarryOutAsync(bench.Worker(), Cancellation, lease: TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync($"it is {phase}", TimeSpan.FromSeconds(20), async () => (await bench.ReadAsync(asked.Id, Cancellation)).Status.ToString().Equals(phase, StringComparison.OrdinalIgnoreCase), Cancellation);

        await bench.Queue.CancelAsync(bench.Owner, asked.Id, Cancellation);
        await running;

        var ended = await bench.ReadAsync(asked.Id, Cancellation);
        Assert.Equal((DeploymentStatus.Cancelled, "Cancelled; what ran before still runs."), (ended.Status, ended.Outcome));
        Assert.Equal(before, await bench.AllAsync(web.Id, Cancellation));
        Assert.Equal(ServiceStatus.Running, (await bench.ServiceAsync(web.Id, Cancellation)).Status);
    }

    [Fact]
    public async Task A_right_lost_between_request_and_pick_up_ends_the_deployment()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        var member = new Actor((await A.UserAsync(bench.Database, bench.Team, Cancellation)).Id, bench.Team.Id);
        await using (var db = bench.Database.OpenAsAdmin())
        {
            db.Add(new ServicePermission
            {
                Id = A.Id(),
                TeamId = bench.Team.Id,
                ServiceInstanceId = web.Id,
                UserId = member.UserId,
                PermissionType = PermissionType.StopService,
                GrantedBy = bench.Owner.UserId,
                GrantedAt = TimeProvider.System.GetUtcNow(),
            });
            await db.SaveChangesAsync(Cancellation);
        }

        var asked = await bench.RequestAsync(DeploymentKind.Stop, Cancellation, actor: member);
        await bench.Database.ExecuteAsync($"UPDATE service_permissions SET revoked_at = now(), revoked_by = '{bench.Owner.UserId}'", Cancellation);
        await DeploymentBench.CarryOutAsync(bench.Worker(), Cancellation);

        var ended = await bench.ReadAsync(asked.Id, Cancellation);
        Assert.Equal((DeploymentStatus.Failed, "Whoever asked for it may not do it any more: the permission stop_service is missing."), (ended.Status, ended.Outcome));
        Assert.Single(await bench.RunningAsync(web.Id, Cancellation));
    }

    static async Task<Deployment?> StealAsync(DeploymentBench bench, DeploymentLeases leases, Guid deployment)
    {
        await using var db = bench.Database.OpenAsAdmin();
        await db.Deployments.Where(d => d.Id == deployment).ExecuteUpdateAsync(u => u.SetProperty(d => d.LeaseUntil, TimeProvider.System.GetUtcNow().AddHours(-1)), Cancellation);
        return await leases.ClaimAsync("heir", [WellKnown.LocalEngine], TimeSpan.FromSeconds(20), Cancellation);
    }
}
