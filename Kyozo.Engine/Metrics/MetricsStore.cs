using Kyozo.Data.Metrics;
using Kyozo.Data.Schema;
using Npgsql;
using NpgsqlTypes;

namespace Kyozo.Engine.Metrics;

/// <summary>Writes many metrics at once: COPY into a temporary table, then INSERT … SELECT. Row level security forbids COPY into the table itself.</summary>
public sealed class MetricsStore(NpgsqlDataSource dataSource)
{
    /// <summary>
    /// Stores the metrics together with what the gateway has counted since the last time; the counts are deleted in the same transaction,
    /// so that none is lost and none counted twice.
    /// </summary>
    /// <param name="metrics">What was measured.</param>
    /// <param name="countsOf">Turns the gateway's counts of one service into metrics.</param>
    /// <param name="cancellationToken">Stops it; nothing is stored then.</param>
    /// <returns>How many metrics were stored.</returns>
    public async Task<long> WriteAsync(
        IReadOnlyList<ServiceMetric> metrics, Func<ServiceCount, IEnumerable<ServiceMetric>> countsOf, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var counts = await TakeCountsAsync(connection, cancellationToken);
        var all = metrics.Concat(counts.SelectMany(countsOf)).ToList();
        if (all.Count == 0) return 0;

        await connection.ExecuteAsync(
            """
            CREATE TEMPORARY TABLE metric_batch (
                id uuid, team_id uuid, service_instance_id uuid, metric_type text, value double precision, unit text,
                recorded_at timestamptz, container_id text) ON COMMIT DROP
            """,
            cancellationToken);
        await CopyAsync(connection, all, cancellationToken);

        // A service deleted since it was measured takes its last metrics with it.
        var stored = await connection.ExecuteAsync(
            """
            INSERT INTO service_metrics (id, team_id, service_instance_id, metric_type, value, unit, recorded_at, container_id)
            SELECT b.id, b.team_id, b.service_instance_id, b.metric_type, b.value, b.unit, b.recorded_at, b.container_id
            FROM metric_batch b JOIN service_instances s ON s.team_id = b.team_id AND s.id = b.service_instance_id
            """,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return stored;
    }

    static async Task CopyAsync(NpgsqlConnection connection, List<ServiceMetric> metrics, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync("COPY metric_batch FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var metric in metrics)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(metric.Id, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(metric.TeamId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(metric.ServiceInstanceId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(EnumWord.Of(metric.MetricType), NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(metric.Value, NpgsqlDbType.Double, cancellationToken);
            await copy.WriteAsync(metric.Unit, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(metric.RecordedAt, NpgsqlDbType.TimestampTz, cancellationToken);
            if (metric.ContainerId is null) await copy.WriteNullAsync(cancellationToken);
            else await copy.WriteAsync(metric.ContainerId, NpgsqlDbType.Text, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    static async Task<List<ServiceCount>> TakeCountsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH taken AS (DELETE FROM gateway_counts RETURNING team_id, service_instance_id, requests, errors)
            SELECT team_id, service_instance_id, sum(requests)::bigint, sum(errors)::bigint FROM taken GROUP BY team_id, service_instance_id
            """,
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new List<ServiceCount>();
        while (await reader.ReadAsync(cancellationToken))
            counts.Add(new(reader.GetGuid(0), reader.GetGuid(1), reader.GetInt64(2), reader.GetInt64(3)));
        return counts;
    }
}

/// <summary>What the gateway counted for one service since the last time.</summary>
public sealed record ServiceCount(Guid TeamId, Guid ServiceId, long Requests, long Errors);
