using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Health;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Kyozo.Engine.Tests.Health;

public sealed class HealthMonitorTests(PostgresFixture postgres, DockerFixture docker) : IAsyncLifetime
{
    readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    TestDatabase _database = null!;
    ServiceProvider _services = null!;
    HealthMonitor _monitor = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Stop);
        _services = _database.BuildServices(_database.Worker);
        var contexts = _services.GetRequiredService<IDbContextFactory<KyozoContext>>();
        var probes = new ProbeRunner([new HttpProbe(), new DockerProbe(docker.Runtime)], TimeProvider.System);
        _monitor = new(contexts, probes, new(contexts, _services.GetRequiredService<EventLog>(), _clock), _clock);
    }

    [Fact]
    public async Task A_killed_container_makes_its_service_unhealthy_at_the_next_look_and_says_how_it_ended()
    {
        await using var server = LocalServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        var service = await ServiceAsync(Http);
        var container = await ContainerAsync(service, "monitor-kill", server.Port);
        await _monitor.CheckDueAsync(Stop);
        Assert.Equal(HealthState.Healthy, await StateAsync(service));

        await DockerCli.RunAsync(Stop, "kill", container);
        await server.DisposeAsync();
        _clock.Advance(TimeSpan.FromSeconds(10));
        await _monitor.CheckDueAsync(Stop);

        Assert.Equal(HealthState.Unhealthy, await StateAsync(service));
        await using var db = _database.OpenAsAdmin();
        Assert.Equal("The container ended with exit code 137.", await db.DeploymentEvents.OrderByDescending(e => e.SequenceNum).Select(e => e.ErrorMessage).FirstAsync(Stop));
    }

    [Fact]
    public async Task A_service_whose_container_runs_but_does_not_answer_is_unhealthy_after_three_looks()
    {
        var service = await ServiceAsync(Http);
        await ContainerAsync(service, "monitor-deaf", LocalServer.ClosedPort());
        var states = new List<HealthState>();
        for (var look = 0; look < 3; look++)
        {
            await _monitor.CheckDueAsync(Stop);
            states.Add(await StateAsync(service));
            _clock.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal([HealthState.Unknown, HealthState.Unknown, HealthState.Unhealthy], states);
    }

    [Fact]
    public async Task A_check_is_made_when_it_is_due_and_not_before()
    {
        var service = await ServiceAsync();
        await ContainerAsync(service, "monitor-due", 1);

        Assert.Equal(1, await _monitor.CheckDueAsync(Stop));
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0, await _monitor.CheckDueAsync(Stop));
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(1, await _monitor.CheckDueAsync(Stop));
        Assert.Single(await _monitor.CheckNowAsync(service.TeamId, service.Id, Stop));
    }

    [Fact]
    public async Task A_running_service_without_a_container_is_unhealthy_and_one_that_nobody_wants_is_not_looked_at()
    {
        var lost = await ServiceAsync();
        var unwanted = await ServiceAsync(with: s => s.WantedRunning = false);

        Assert.Equal(1, await _monitor.CheckDueAsync(Stop));

        Assert.Equal(HealthState.Unhealthy, await StateAsync(lost));
        Assert.Equal(HealthState.Unknown, await StateAsync(unwanted));
    }

    [Fact]
    public async Task Another_teams_service_is_not_probed_by_its_id()
    {
        var service = await ServiceAsync();
        var other = await A.TeamAsync(_database, Stop);

        Assert.Empty(await _monitor.CheckNowAsync(other.Id, service.Id, Stop));
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _database.DisposeAsync();
    }

    static HealthCheckConfig Http => new() { Type = CheckType.Http };

    async Task<ServiceInstance> ServiceAsync(HealthCheckConfig? check = null, Action<ServiceInstance>? with = null)
    {
        var workspace = await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Stop), Stop);
        return await A.ServiceAsync(_database, workspace, Stop, with: s =>
        {
            s.WantedRunning = true;
            s.PortMappings = [new(80, PortProtocol.Http, true)];
            if (check is not null) s.DeploymentConfig = new() { HealthChecks = [check] };
            s.ChangeStatus(ServiceStatus.Starting, null, _clock.GetUtcNow());
            s.ChangeStatus(ServiceStatus.Running, null, _clock.GetUtcNow());
            with?.Invoke(s);
        });
    }

    async Task<string> ContainerAsync(ServiceInstance service, string purpose, int hostPort)
    {
        var id = await docker.StartAsync(await docker.SpecAsync(purpose, ["sleep", "600"], Stop), Stop);
        await A.ContainerAsync(_database, service, id, Stop, hostPorts: new() { [80] = hostPort });
        return id;
    }

    async Task<HealthState> StateAsync(ServiceInstance service)
    {
        await using var db = _database.OpenAsAdmin();
        return await db.ServiceInstances.Where(s => s.Id == service.Id).Select(s => s.Health).SingleAsync(Stop);
    }
}
