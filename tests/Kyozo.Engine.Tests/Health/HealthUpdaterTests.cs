using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Health;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Health;

public sealed class HealthUpdaterTests(PostgresFixture postgres) : IAsyncLifetime
{
    TestDatabase _database = null!;
    ServiceProvider _services = null!;
    ServiceInstance _service = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    HealthUpdater Updater => new(
        _services.GetRequiredService<IDbContextFactory<KyozoContext>>(), _services.GetRequiredService<EventLog>(), TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Stop);
        _services = _database.BuildServices(_database.Worker);
        _service = await A.ServiceAsync(_database, await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Stop), Stop), Stop);
    }

    [Fact]
    public async Task Every_result_is_a_row_and_only_a_change_is_an_event()
    {
        await ApplyAsync(CheckStatus.Healthy);
        await ApplyAsync(CheckStatus.Healthy);
        await ApplyAsync(CheckStatus.Unhealthy);
        Assert.Equal(HealthState.Healthy, await StateAsync());
        await ApplyAsync(CheckStatus.TimedOut);
        await ApplyAsync(CheckStatus.Unhealthy);
        Assert.Equal(HealthState.Unhealthy, await StateAsync());
        await ApplyAsync(CheckStatus.Unhealthy);
        await ApplyAsync(CheckStatus.Healthy);
        Assert.Equal(HealthState.Healthy, await StateAsync());

        await using var db = _database.OpenAsAdmin();
        Assert.Equal(7, await db.HealthChecks.CountAsync(Stop));
        Assert.Equal(
            [EventType.HealthCheckPassed, EventType.HealthCheckFailed, EventType.HealthCheckPassed],
            await db.DeploymentEvents.OrderBy(e => e.SequenceNum).Select(e => e.EventType).ToListAsync(Stop));
        Assert.Equal("it hurts", await db.DeploymentEvents.Where(e => e.EventType == EventType.HealthCheckFailed).Select(e => e.ErrorMessage).SingleAsync(Stop));
    }

    [Fact]
    public async Task What_the_engine_knows_for_certain_needs_no_second_failure()
    {
        await ApplyAsync(CheckStatus.Healthy);

        await ApplyAsync(CheckStatus.Unhealthy, certain: true);

        Assert.Equal(HealthState.Unhealthy, await StateAsync());
    }

    [Fact]
    public async Task A_lost_engine_makes_health_unknown_without_an_event()
    {
        await ApplyAsync(CheckStatus.Healthy);

        await ApplyAsync(CheckStatus.Unknown);

        Assert.Equal(HealthState.Unknown, await StateAsync());
        await using var db = _database.OpenAsAdmin();
        Assert.Equal(1, await db.DeploymentEvents.CountAsync(Stop));
    }

    [Fact]
    public async Task A_stopped_service_has_no_health()
    {
        await ApplyAsync(CheckStatus.Healthy);
        await _database.ExecuteAsync($"UPDATE service_instances SET status = 'stopped' WHERE id = '{_service.Id}'", Stop);

        await Updater.ForgetStoppedAsync(Stop);

        Assert.Equal(HealthState.Unknown, await StateAsync());
    }

    [Fact]
    public async Task Two_writers_at_once_make_one_event_of_one_change()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ApplyAsync(CheckStatus.Healthy, before: HealthState.Unknown)));

        await using var db = _database.OpenAsAdmin();
        Assert.Equal(1, await db.DeploymentEvents.CountAsync(Stop));
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _database.DisposeAsync();
    }

    async Task ApplyAsync(CheckStatus status, bool certain = false, HealthState? before = null) => await Updater.ApplyAsync(
        [
            new()
            {
                TeamId = _service.TeamId,
                ServiceId = _service.Id,
                Before = before ?? await StateAsync(),
                FailureThreshold = 3,
                Memory = TimeSpan.FromMinutes(5),
                Results = [new("c1", new(CheckType.Http, status, null, status is CheckStatus.Healthy ? null : "it hurts"), certain)],
            },
        ],
        Stop);

    async Task<HealthState> StateAsync()
    {
        await using var db = _database.OpenAsAdmin();
        return await db.ServiceInstances.Where(s => s.Id == _service.Id).Select(s => s.Health).SingleAsync(Stop);
    }
}
