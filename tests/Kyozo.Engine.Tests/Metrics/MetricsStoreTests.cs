using Kyozo.Data.Metrics;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Metrics;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Engine.Tests.Metrics;

public sealed class MetricsStoreTests(PostgresFixture postgres) : IAsyncLifetime
{
    TestDatabase _database = null!;
    NpgsqlDataSource _worker = null!;
    ServiceInstance _service = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Stop);
        _worker = NpgsqlDataSource.Create(_database.Worker);
        _service = await A.ServiceAsync(_database, await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Stop), Stop), Stop);
    }

    [Fact]
    public async Task Thousands_of_metrics_are_stored_at_once()
    {
        var metrics = Enumerable.Range(0, 5000).Select(i => Metric(MetricType.Cpu, i / 5000.0)).ToList();

        var stored = await new MetricsStore(_worker).WriteAsync(metrics, _ => [], Stop);

        Assert.Equal(5000, stored);
        await using var db = _database.OpenAsAdmin();
        var first = await db.ServiceMetrics.SingleAsync(m => m.Id == metrics[42].Id, Stop);
        Assert.Equal((MetricType.Cpu, 42 / 5000.0, "ratio", "c1"), (first.MetricType, first.Value, first.Unit, first.ContainerId));
    }

    [Fact]
    public async Task The_gateways_counts_become_metrics_once()
    {
        await CountAsync(3, 1);
        await CountAsync(4, 0);
        var store = new MetricsStore(_worker);

        await store.WriteAsync([], AsMetrics, Stop);
        await store.WriteAsync([], AsMetrics, Stop);

        await using var db = _database.OpenAsAdmin();
        Assert.Equal([7.0], await db.ServiceMetrics.Where(m => m.MetricType == MetricType.Requests).Select(m => m.Value).ToListAsync(Stop));
        Assert.Equal([1.0], await db.ServiceMetrics.Where(m => m.MetricType == MetricType.Errors).Select(m => m.Value).ToListAsync(Stop));
        Assert.Equal(0, await db.GatewayCounts.CountAsync(Stop));
    }

    [Fact]
    public async Task Counts_stay_when_storing_fails()
    {
        await CountAsync(3, 1);
        var outOfRange = Metric(MetricType.Cpu, 1.5);

        await Assert.ThrowsAsync<PostgresException>(() => new MetricsStore(_worker).WriteAsync([outOfRange], AsMetrics, Stop));

        await using var db = _database.OpenAsAdmin();
        Assert.Equal(1, await db.GatewayCounts.CountAsync(Stop));
        Assert.Equal(0, await db.ServiceMetrics.CountAsync(Stop));
    }

    [Fact]
    public async Task A_metric_that_names_a_service_of_another_team_is_not_stored()
    {
        var other = await A.TeamAsync(_database, Stop);
        var foreign = new ServiceMetric
        {
            Id = A.Id(),
            TeamId = other.Id,
            ServiceInstanceId = _service.Id,
            MetricType = MetricType.Cpu,
            Value = 0.1,
            Unit = "ratio",
            RecordedAt = TimeProvider.System.GetUtcNow(),
        };

        Assert.Equal(1, await new MetricsStore(_worker).WriteAsync([foreign, Metric(MetricType.Memory, 0.2)], _ => [], Stop));
    }

    [Fact]
    public void Every_metric_type_has_its_word_of_the_check_constraint() =>
        Assert.Equal(["cpu", "memory", "disk", "network", "requests", "errors"], Enum.GetValues<MetricType>().Select(EnumWord.Of));

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _database.DisposeAsync();
    }

    IEnumerable<ServiceMetric> AsMetrics(ServiceCount count)
    {
        yield return Metric(MetricType.Requests, count.Requests, "count");
        yield return Metric(MetricType.Errors, count.Errors, "count");
    }

    async Task CountAsync(long requests, long errors)
    {
        await using var db = _database.OpenAsAdmin();
        db.Add(new GatewayCount { Id = A.Id(), TeamId = _service.TeamId, ServiceInstanceId = _service.Id, Requests = requests, Errors = errors, CountedAt = TimeProvider.System.GetUtcNow() });
        await db.SaveChangesAsync(Stop);
    }

    ServiceMetric Metric(MetricType type, double value, string unit = "ratio") => new()
    {
        Id = A.Id(),
        TeamId = _service.TeamId,
        ServiceInstanceId = _service.Id,
        MetricType = type,
        Value = value,
        Unit = unit,
        RecordedAt = TimeProvider.System.GetUtcNow(),
        ContainerId = "c1",
    };
}
