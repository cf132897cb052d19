using Kyozo.Bench.Frame;
using Kyozo.Data.Metrics;
using Kyozo.Data.Schema;
using Kyozo.Engine.Metrics;
using Kyozo.Testing;
using Npgsql;
using NpgsqlTypes;

namespace Kyozo.Bench.Data;

/// <summary>Metrics by the product's way (worker's role, temporary table, everything it does with them) against a COPY straight into the table by a role that passes row level security.</summary>
sealed class IngestionBench : IBench
{
    const int Services = 1000;
    const int BatchRows = 10_000;
    const int Rounds = 15;

    public string Name => "ingestion";

    public string What => $"Batches of {BatchRows:#,0} metrics of {Services:#,0} services: MetricsStore as kyozo_worker against binary COPY into the same table by a superuser. fsync is on.";

    public async Task<IReadOnlyList<Comparison>> RunAsync(Action<string> say, CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(cancellationToken);
        var database = await server.CreateDatabaseAsync("kyozo_ingestion", cancellationToken);
        await new BulkRows(database, say).ServicesAsync(Services, cancellationToken);
        await using var worker = new NpgsqlDataSourceBuilder(database.Worker) { ConnectionStringBuilder = { MaxAutoPrepare = 100 } }.Build();
        await using var administrator = NpgsqlDataSource.Create(database.Admin);
        var store = new MetricsStore(worker);

        var times = await Frame.Rounds.AlternateAsync(
            Rounds,
            () => store.WriteAsync(Batch(), _ => [], cancellationToken),
            () => CopyAsync(administrator, Batch(), cancellationToken));
        return
        [
            new($"metrics written", "plain COPY", Figures.PerSecond(BatchRows, times[0], "rows"), Figures.PerSecond(BatchRows, times[1], "rows"), times[1] / times[0], Goal.AtLeastTimes(0.8)),
        ];
    }

    static List<ServiceMetric> Batch()
    {
        var now = TimeProvider.System.GetUtcNow();
        MetricType[] types = [MetricType.Cpu, MetricType.Memory, MetricType.Disk, MetricType.Network, MetricType.Requests];
        return [.. Enumerable.Range(0, BatchRows).Select(n => new ServiceMetric
        {
            Id = Guid.CreateVersion7(now),
            TeamId = BulkRows.Team,
            ServiceInstanceId = BulkRows.Id('b', n / types.Length % Services),
            MetricType = types[n % types.Length],
            Value = n % 100 / 100.0,
            Unit = n % types.Length < 3 ? UsageDelta.Ratio : UsageDelta.Count,
            RecordedAt = now,
            ContainerId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        })];
    }

    static async Task CopyAsync(NpgsqlDataSource administrator, List<ServiceMetric> metrics, CancellationToken cancellationToken)
    {
        await using var connection = await administrator.OpenConnectionAsync(cancellationToken);
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY service_metrics (id, team_id, service_instance_id, metric_type, value, unit, recorded_at, container_id) FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var metric in metrics)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(metric.Id, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(metric.TeamId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(metric.ServiceInstanceId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(EnumWord.Of(metric.MetricType), NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(metric.Value, NpgsqlDbType.Double, cancellationToken);
            await copy.WriteAsync(metric.Unit, NpgsqlDbType.Varchar, cancellationToken);
            await copy.WriteAsync(metric.RecordedAt, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(metric.ContainerId, NpgsqlDbType.Varchar, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }
}
