using System.Collections.Concurrent;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class DeploymentQueueTests(DockerFixture docker, PostgresFixture postgres)
{
    static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_member_needs_the_right_on_every_service()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var (web, api) = (await bench.WebAsync("web", Cancellation), await bench.WebAsync("api", Cancellation));
        var member = new Actor((await A.UserAsync(bench.Database, bench.Team, Cancellation)).Id, bench.Team.Id);
        await GrantAsync(bench, member, web, PermissionType.StopService);

        var stop = await bench.RequestAsync(DeploymentKind.Stop, Cancellation, new() { ServiceIds = [web.Id] }, member);
        Assert.Equal((DeploymentStatus.Queued, 1L), (stop.Status, stop.Number));
        var denied = await Assert.ThrowsAsync<AccessDeniedException>(() => bench.RequestAsync(DeploymentKind.Stop, Cancellation, new() { ServiceIds = [web.Id, api.Id] }, member));
        Assert.Equal("stop_service", denied.Missing);
        await Assert.ThrowsAsync<AccessDeniedException>(() => bench.RequestAsync(DeploymentKind.Restart, Cancellation, new() { ServiceIds = [web.Id] }, member));
    }

    [Fact]
    public async Task The_first_deployment_of_a_service_is_an_admins()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        var member = new Actor((await A.UserAsync(bench.Database, bench.Team, Cancellation)).Id, bench.Team.Id);
        await GrantAsync(bench, member, web, PermissionType.DeployService);

        await Assert.ThrowsAsync<AccessDeniedException>(() => bench.RequestAsync(DeploymentKind.Deploy, Cancellation, actor: member));
    }

    [Fact]
    public async Task Somebody_elses_workspace_or_service_is_not_there()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        await bench.WebAsync("web", Cancellation);
        var other = await A.TeamAsync(bench.Database, Cancellation);
        var stranger = new Actor((await A.UserAsync(bench.Database, other, Cancellation, TeamRole.Owner)).Id, other.Id);

        var denied = await Assert.ThrowsAsync<AccessDeniedException>(() => bench.RequestAsync(DeploymentKind.Deploy, Cancellation, actor: stranger));
        Assert.Null(denied.Missing);
        denied = await Assert.ThrowsAsync<AccessDeniedException>(() => bench.RequestAsync(DeploymentKind.Deploy, Cancellation, new() { ServiceIds = [A.Id()] }));
        Assert.Null(denied.Missing);
    }

    [Fact]
    public async Task Senseless_requests_are_refused_in_words()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        await Assert.ThrowsAsync<DeploymentRequestException>(() => bench.RequestAsync(DeploymentKind.Deploy, Cancellation));
        await bench.WebAsync("web", Cancellation);

        var scale = await Assert.ThrowsAsync<DeploymentRequestException>(() => bench.RequestAsync(DeploymentKind.Scale, Cancellation, new() { Replicas = 101 }));
        Assert.Equal("A service can have 0 to 100 replicas.", scale.Message);
        await Assert.ThrowsAsync<DeploymentRequestException>(() => bench.RequestAsync(DeploymentKind.Rollback, Cancellation));
    }

    [Fact]
    public async Task A_workspace_that_is_switched_off_takes_no_deployment_and_carries_out_none_that_waits()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        await bench.WebAsync("web", Cancellation);
        var waiting = await bench.RequestAsync(DeploymentKind.Deploy, Cancellation);
        await bench.Database.ExecuteAsync($"UPDATE workspaces SET container_enabled = false WHERE id = '{bench.Workspace.Id}'", Cancellation);

        var refused = await Assert.ThrowsAsync<DeploymentRequestException>(() => bench.RequestAsync(DeploymentKind.Start, Cancellation));
        Assert.Contains("switched off", refused.Message, StringComparison.Ordinal);
        Assert.Equal(DeploymentStatus.Queued, (await bench.RequestAsync(DeploymentKind.Stop, Cancellation)).Status);

        await DeploymentBench.CarryOutAsync(bench.Worker(), Cancellation);
        var ended = await bench.ReadAsync(waiting.Id, Cancellation);
        Assert.Equal((DeploymentStatus.Failed, refused.Message), (ended.Status, ended.Outcome));
    }

    [Fact]
    public async Task Of_a_hundred_requests_two_workers_execute_each_once_and_never_two_of_one_workspace()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        await bench.WebAsync("web", Cancellation);
        for (var i = 0; i < 100; i++) await bench.RequestAsync(DeploymentKind.Stop, Cancellation);
        var executed = new ConcurrentBag<(string Worker, long Number)>();
        var (underWay, most) = (0, 0);

        await Task.WhenAll(WorkAsync("one", bench.Worker()), WorkAsync("two", bench.Worker()));

        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), executed.Select(e => e.Number).Order());
        Assert.Equal(1, most);

        async Task WorkAsync(string name, ServiceProvider worker)
        {
            var leases = worker.GetRequiredService<DeploymentLeases>();
            while (executed.Count < 100)
            {
                if (await leases.ClaimAsync(name, [WellKnown.LocalEngine], Minute, Cancellation) is not { } claimed) continue;
                most = Math.Max(most, Interlocked.Increment(ref underWay));
                executed.Add((name, claimed.Number));
                Interlocked.Decrement(ref underWay);
                await EndAsync(bench, claimed);
            }
        }
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_taken_over_and_the_old_holder_writes_nothing_more()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        await bench.WebAsync("web", Cancellation);
        await bench.RequestAsync(DeploymentKind.Stop, Cancellation);
        var leases = bench.Worker().GetRequiredService<DeploymentLeases>();
        var zombie = (await leases.ClaimAsync("zombie", [WellKnown.LocalEngine], TimeSpan.FromMilliseconds(1), Cancellation))!;

        var heir = await Eventually.GetAsync("the lease runs out", TimeSpan.FromSeconds(10), () => leases.ClaimAsync("heir", [WellKnown.LocalEngine], Minute, Cancellation), Cancellation);

        Assert.Equal((zombie.Id, zombie.LeaseEpoch + 1), (heir.Id, heir.LeaseEpoch));
        Assert.False((await leases.RenewAsync(zombie, Minute, Cancellation)).Held);
        Assert.True((await leases.RenewAsync(heir, Minute, Cancellation)).Held);
        await using var db = bench.Database.OpenAsAdmin();
        await Assert.ThrowsAsync<LeaseLostException>(() => DeploymentLeases.FenceAsync(db, zombie, Minute, Cancellation));
    }

    [Fact]
    public async Task Epochs_rise_over_the_deployments_of_a_workspace()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        await bench.WebAsync("web", Cancellation);
        var leases = bench.Worker().GetRequiredService<DeploymentLeases>();
        var epochs = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            await bench.RequestAsync(DeploymentKind.Stop, Cancellation);
            var claimed = (await leases.ClaimAsync("one", [WellKnown.LocalEngine], Minute, Cancellation))!;
            epochs.Add(claimed.LeaseEpoch);
            await EndAsync(bench, claimed);
        }

        Assert.Equal([1, 2, 3], epochs);
    }

    [Fact]
    public async Task A_queued_deployment_that_is_cancelled_is_ended_without_doing_anything()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        var asked = await bench.RequestAsync(DeploymentKind.Deploy, Cancellation);

        Assert.True(await bench.Queue.CancelAsync(bench.Owner, asked.Id, Cancellation));
        Assert.False(await bench.Queue.CancelAsync(bench.Owner, asked.Id, Cancellation));
        await DeploymentBench.CarryOutAsync(bench.Worker(), Cancellation);

        Assert.Equal(DeploymentStatus.Cancelled, (await bench.ReadAsync(asked.Id, Cancellation)).Status);
        Assert.Empty(await bench.AllAsync(web.Id, Cancellation));
        Assert.Equal(0, bench.Images.Builds);
    }

    static async Task GrantAsync(DeploymentBench bench, Actor member, ServiceInstance service, PermissionType permission)
    {
        await using var db = bench.Database.OpenAsAdmin();
        db.Add(new ServicePermission
        {
            Id = A.Id(),
            TeamId = bench.Team.Id,
            ServiceInstanceId = service.Id,
            UserId = member.UserId,
            PermissionType = permission,
            GrantedBy = bench.Owner.UserId,
            GrantedAt = TimeProvider.System.GetUtcNow(),
        });
        await db.SaveChangesAsync(Cancellation);
    }

    static async Task EndAsync(DeploymentBench bench, Deployment deployment)
    {
        await using var db = bench.Database.OpenAsAdmin();
        await db.Deployments.Where(d => d.Id == deployment.Id).ExecuteUpdateAsync(u => u.SetProperty(d => d.Status, DeploymentStatus.Succeeded), Cancellation);
    }
}
