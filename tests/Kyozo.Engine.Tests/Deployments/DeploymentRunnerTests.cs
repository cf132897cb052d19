using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class DeploymentRunnerTests(DockerFixture docker, PostgresFixture postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_services_are_deployed_in_order_and_a_second_deployment_does_nothing()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var (web, api) = (await bench.WebAsync("web", Cancellation), await bench.WebAsync("api", Cancellation));
        await A.DependencyAsync(bench.Database, web, api, Cancellation);

        var first = await bench.RunAsync(DeploymentKind.Deploy, Cancellation);

        Assert.Equal((DeploymentStatus.Succeeded, "api and web run."), (first.Status, first.Outcome));
        var container = Assert.Single(await bench.RunningAsync(web.Id, Cancellation));
        var row = await bench.ServiceAsync(web.Id, Cancellation);
        Assert.Equal((ServiceStatus.Running, container, true), (row.Status, row.ContainerId, row.WantedRunning));
        var port = Assert.Single(Assert.Single(await bench.InServiceAsync(web.Id, Cancellation)).HostPorts).Value;
        using (var http = new HttpClient()) Assert.Contains("Directory listing", await http.GetStringAsync($"http://127.0.0.1:{port}/", Cancellation));
        Assert.Equal(["deployment_started", "image_built", "service_started", "deployment_completed"], await bench.EventsAsync(web.Id, Cancellation));

        var builds = bench.Images.Builds;
        var second = await bench.RunAsync(DeploymentKind.Deploy, Cancellation);

        Assert.Equal((DeploymentStatus.Succeeded, "Nothing to do: everything is as wanted."), (second.Status, second.Outcome));
        Assert.Equal(builds, bench.Images.Builds);
        Assert.Equal([container], await bench.RunningAsync(web.Id, Cancellation));
        Assert.Equal(4, (await bench.EventsAsync(web.Id, Cancellation)).Count);
    }

    [Fact]
    public async Task A_failing_build_leaves_the_old_one_running_and_its_line_in_the_log()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        var before = await bench.RunningAsync(web.Id, Cancellation);
        await bench.ChangeAsync(web.Id, s => s.DeploymentConfig = s.DeploymentConfig with { Version = "2" }, Cancellation);
        bench.Images.Broken["web"] = "npm ERR! left-pad is not there";

        var failed = await bench.RunAsync(DeploymentKind.Deploy, Cancellation);

        Assert.Equal((DeploymentStatus.Failed, "web could not be built (RUN npm ci); its build log says why."), (failed.Status, failed.Outcome));
        Assert.Equal(before, await bench.AllAsync(web.Id, Cancellation));
        Assert.Equal(ServiceStatus.Running, (await bench.ServiceAsync(web.Id, Cancellation)).Status);
        Assert.Contains("left-pad", await File.ReadAllTextAsync(Path.Combine(bench.Home.BuildLogs, failed.Id.ToString(), $"{web.Id}.log"), Cancellation));
        Assert.Equal("deployment_failed", (await bench.EventsAsync(web.Id, Cancellation))[^1]);
    }

    [Fact]
    public async Task One_that_does_not_get_well_leaves_the_old_one_serving()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        var before = await bench.RunningAsync(web.Id, Cancellation);
        await bench.ChangeAsync(web.Id, s => s.DeploymentConfig = s.DeploymentConfig with { StartCommand = "echo cannot start; exit 3" }, Cancellation);

        var failed = await bench.RunAsync(DeploymentKind.Deploy, Cancellation);

        Assert.Equal(DeploymentStatus.Failed, failed.Status);
        Assert.StartsWith("web did not get well: it ended", failed.Outcome);
        Assert.Equal(before, await bench.AllAsync(web.Id, Cancellation));
        Assert.True(Assert.Single(await bench.InServiceAsync(web.Id, Cancellation)).InService);
        Assert.Contains("cannot start", await File.ReadAllTextAsync(Path.Combine(bench.Home.BuildLogs, failed.Id.ToString(), $"{web.Id}.log"), Cancellation));
    }

    [Fact]
    public async Task A_new_service_that_fails_is_failed_and_what_depends_on_it_is_not_started()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var api = await bench.BackgroundAsync("api", Cancellation, s => s.DeploymentConfig = new() { StartCommand = "exit 1" });
        var web = await bench.WebAsync("web", Cancellation);
        await A.DependencyAsync(bench.Database, web, api, Cancellation);

        var failed = await bench.RunAsync(DeploymentKind.Deploy, Cancellation);

        Assert.Equal(DeploymentStatus.Failed, failed.Status);
        Assert.StartsWith("api did not get well", failed.Outcome);
        Assert.Empty(await bench.AllAsync(web.Id, Cancellation));
        Assert.Empty(await bench.AllAsync(api.Id, Cancellation));
        Assert.Equal(ServiceStatus.Failed, (await bench.ServiceAsync(api.Id, Cancellation)).Status);
    }

    [Fact]
    public async Task Scale_to_three_and_to_none_and_back()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        var first = Assert.Single(await bench.RunningAsync(web.Id, Cancellation));

        var up = await bench.RunAsync(DeploymentKind.Scale, Cancellation, new() { ServiceIds = [web.Id], Replicas = 3 });

        Assert.Equal("web has 3 replicas now.", up.Outcome);
        var three = await bench.RunningAsync(web.Id, Cancellation);
        Assert.Equal(3, three.Count);
        Assert.Contains(first, three);

        await bench.RunAsync(DeploymentKind.Scale, Cancellation, new() { ServiceIds = [web.Id], Replicas = 0 });

        Assert.Empty(await bench.AllAsync(web.Id, Cancellation));
        Assert.Equal(ServiceStatus.Stopped, (await bench.ServiceAsync(web.Id, Cancellation)).Status);

        await bench.RunAsync(DeploymentKind.Scale, Cancellation, new() { ServiceIds = [web.Id], Replicas = 1 });

        Assert.Single(await bench.RunningAsync(web.Id, Cancellation));
        Assert.Equal(3, (await bench.EventsAsync(web.Id, Cancellation)).Count(e => e == "service_scaled"));
    }

    [Fact]
    public async Task Stop_start_and_restart()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        var before = await bench.RunningAsync(web.Id, Cancellation);

        var stopped = await bench.RunAsync(DeploymentKind.Stop, Cancellation);

        Assert.Equal("web stopped.", stopped.Outcome);
        Assert.Empty(await bench.RunningAsync(web.Id, Cancellation));
        var row = await bench.ServiceAsync(web.Id, Cancellation);
        Assert.Equal((ServiceStatus.Stopped, false), (row.Status, row.WantedRunning));

        await bench.RunAsync(DeploymentKind.Start, Cancellation);

        Assert.Equal(before, await bench.RunningAsync(web.Id, Cancellation));
        Assert.Equal(ServiceStatus.Running, (await bench.ServiceAsync(web.Id, Cancellation)).Status);

        await bench.RunAsync(DeploymentKind.Restart, Cancellation);

        Assert.NotEqual(before, await bench.RunningAsync(web.Id, Cancellation));
        Assert.Single(await bench.AllAsync(web.Id, Cancellation));
        Assert.Equal(["service_stopped", "service_started", "service_restarted"], (await bench.EventsAsync(web.Id, Cancellation)).Where(e => e.StartsWith("service_", StringComparison.Ordinal)).Skip(1));
    }

    [Fact]
    public async Task Rollback_brings_back_image_and_configuration()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation, s => s.ScalingConfig = new() { Replicas = 2 });
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        var first = (await bench.ServiceAsync(web.Id, Cancellation)).ImageId;
        await bench.ChangeAsync(web.Id, s => s.DeploymentConfig = s.DeploymentConfig with { Version = "2", Environment = new Dictionary<string, string> { ["MODE"] = "new" } }, Cancellation);
        await bench.ChangeAsync(web.Id, s => s.DeploymentConfig = s.DeploymentConfig with { StartCommand = DeploymentBench.WebServer + " --directory /tmp" }, Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        Assert.NotEqual(first, (await bench.ServiceAsync(web.Id, Cancellation)).ImageId);

        var back = await bench.RunAsync(DeploymentKind.Rollback, Cancellation, new() { ReleaseNumber = 1 });

        Assert.Equal(DeploymentStatus.Succeeded, back.Status);
        var row = await bench.ServiceAsync(web.Id, Cancellation);
        Assert.Equal((first, null), (row.ImageId, row.DeploymentConfig.Version));
        Assert.Empty(row.DeploymentConfig.Environment);
        Assert.Equal(2, (await bench.RunningAsync(web.Id, Cancellation)).Count);
        Assert.Contains("configuration_updated", await bench.EventsAsync(web.Id, Cancellation));
    }

    [Fact]
    public async Task A_service_with_data_keeps_it_through_a_new_deployment_and_loses_it_only_when_asked()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var store = await bench.BackgroundAsync("store", Cancellation, s => s.DeploymentConfig = s.DeploymentConfig with { Volumes = [new("data", "/data")] });
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        var container = Assert.Single(await bench.RunningAsync(store.Id, Cancellation));
        await DockerCli.RunAsync(Cancellation, "exec", "--user", "0", container, "sh", "-c", "echo kept > /data/file");
        await bench.ChangeAsync(store.Id, s => s.DeploymentConfig = s.DeploymentConfig with { Environment = new Dictionary<string, string> { ["A"] = "1" } }, Cancellation);

        var again = await bench.RunAsync(DeploymentKind.Deploy, Cancellation);

        Assert.True(Assert.Single(again.Plan!.Services).Downtime);
        container = Assert.Single(await bench.AllAsync(store.Id, Cancellation));
        Assert.Equal("kept", await DockerCli.RunAsync(Cancellation, "exec", container, "cat", "/data/file"));

        var gone = await bench.RunAsync(DeploymentKind.Delete, Cancellation, new() { DeleteVolumes = true });

        Assert.Equal("store removed.", gone.Outcome);
        Assert.Empty(await bench.AllAsync(store.Id, Cancellation));
        Assert.Equal("", await DockerCli.RunAsync(Cancellation, "volume", "ls", "--quiet", "--filter", $"label=kyozo.service={store.Id}"));
        Assert.Equal("", await DockerCli.RunAsync(Cancellation, "network", "ls", "--quiet", "--filter", $"label=kyozo.workspace={bench.Workspace.Id}"));
        Assert.NotNull((await bench.ServiceAsync(store.Id, Cancellation)).DeletedAt);
    }

    [Fact]
    public async Task A_deleted_workspace_takes_its_services_along_and_leaves_its_folder()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        await bench.BackgroundAsync("never-deployed", Cancellation);
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation, new() { ServiceIds = [web.Id] });

        var gone = await bench.RunAsync(DeploymentKind.Delete, Cancellation, new() { DeleteWorkspace = true });

        Assert.Equal((DeploymentStatus.Succeeded, "never-deployed and web removed."), (gone.Status, gone.Outcome));
        Assert.Empty(await bench.AllAsync(web.Id, Cancellation));
        await using var db = bench.Database.OpenAsAdmin();
        Assert.NotNull((await db.Workspaces.SingleAsync(w => w.Id == bench.Workspace.Id, Cancellation)).DeletedAt);
        Assert.False(await db.ServiceInstances.AnyAsync(s => s.WorkspaceId == bench.Workspace.Id && s.DeletedAt == null, Cancellation));
        Assert.True(Directory.Exists(bench.Workspace.RootPath));
    }

    [Fact]
    public async Task An_empty_workspace_can_be_deleted()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);

        var gone = await bench.RunAsync(DeploymentKind.Delete, Cancellation, new() { DeleteWorkspace = true });

        Assert.Equal(DeploymentStatus.Succeeded, gone.Status);
        await using var db = bench.Database.OpenAsAdmin();
        Assert.NotNull((await db.Workspaces.SingleAsync(w => w.Id == bench.Workspace.Id, Cancellation)).DeletedAt);
    }

    [Fact]
    public async Task A_deployment_starts_what_was_stopped_behind_its_back()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var (web, api) = (await bench.WebAsync("web", Cancellation), await bench.WebAsync("api", Cancellation));
        await bench.RunAsync(DeploymentKind.Deploy, Cancellation);
        await DockerCli.RunAsync(Cancellation, "stop", "--time", "1", Assert.Single(await bench.RunningAsync(web.Id, Cancellation)));
        await DockerCli.RunAsync(Cancellation, "rm", "--force", Assert.Single(await bench.RunningAsync(api.Id, Cancellation)));

        var again = await bench.RunAsync(DeploymentKind.Deploy, Cancellation);

        Assert.Equal(DeploymentStatus.Succeeded, again.Status);
        Assert.Single(await bench.RunningAsync(web.Id, Cancellation));
        Assert.Single(await bench.RunningAsync(api.Id, Cancellation));
        Assert.Equal(ServiceStatus.Running, (await bench.ServiceAsync(web.Id, Cancellation)).Status);
    }
}
