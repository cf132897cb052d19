using Kyozo.Data;
using Kyozo.Data.Metrics;
using Kyozo.Engine.Metrics;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Engine.Tests.Metrics;

public sealed class MetricsCollectorTests(PostgresFixture postgres, DockerFixture docker)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_running_container_and_the_gateways_counts_give_all_six_types()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);
        await using var services = database.BuildServices(database.Worker);
        var service = await A.ServiceAsync(database, await A.WorkspaceAsync(database, await A.TeamAsync(database, Stop), Stop), Stop);
        await using var db = database.OpenAsAdmin();
        var id = await docker.StartAsync(await docker.SpecAsync("metrics", ["sh", "-c", "while :; do :; done"], Stop), Stop);
        await A.ContainerAsync(database, service, id, Stop);
        db.Add(new GatewayCount { Id = A.Id(), TeamId = service.TeamId, ServiceInstanceId = service.Id, Requests = 9, Errors = 2, CountedAt = TimeProvider.System.GetUtcNow() });
        await db.SaveChangesAsync(Stop);
        var collector = new MetricsCollector(
            services.GetRequiredService<IDbContextFactory<KyozoContext>>(), docker.Runtime, new(services.GetRequiredService<NpgsqlDataSource>()), new(), TimeProvider.System);

        await collector.CollectAsync(continues: true, Stop);
        await collector.CollectAsync(continues: true, Stop);
        await collector.CollectAsync(continues: false, Stop);
        // It would keep half a core busy until the last test has run.
        await docker.Runtime.RemoveContainerAsync(id, Stop);

        var metrics = await db.ServiceMetrics.AsNoTracking().ToListAsync(Stop);
        Assert.Equal(Enum.GetValues<MetricType>(), metrics.Select(m => m.MetricType).Distinct().Order());
        Assert.InRange(Assert.Single(metrics, m => m.MetricType is MetricType.Cpu).Value, 0.01, 1);
        Assert.Equal(3, metrics.Count(m => m.MetricType is MetricType.Memory));
        Assert.Equal(4, metrics.Count(m => m.MetricType is MetricType.Network));
        Assert.Equal(9, Assert.Single(metrics, m => m.MetricType is MetricType.Requests).Value);
        Assert.All(metrics.Where(m => m.Unit == "ratio"), m => Assert.InRange(m.Value, 0, 1));
        Assert.All(metrics.Where(m => m.Unit is "ratio"), m => Assert.Equal(id, m.ContainerId));
    }
}
