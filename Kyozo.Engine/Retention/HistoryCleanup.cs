using Kyozo.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Engine.Retention;

/// <summary>Keeps the newest analyses and build logs of each workspace (<see cref="RetentionOptions.History"/>) and forgets older ones.</summary>
public sealed class HistoryCleanup(NpgsqlDataSource database, KyozoHome home, IOptions<RetentionOptions> options)
{
    /// <summary>Removes what is beyond the limit; returns how many analyses and how many folders of build logs.</summary>
    public async Task<(int Analyses, int Logs)> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);

        // An analysis that a service was taken over from stays as long as the service.
        await using var delete = new NpgsqlCommand(
            """
            DELETE FROM topology_detections d
            USING (SELECT id, row_number() OVER (PARTITION BY workspace_id ORDER BY detected_at DESC) AS place FROM topology_detections) ranked
            WHERE d.id = ranked.id AND ranked.place > $1
              AND NOT EXISTS (SELECT FROM service_instances s WHERE s.topology_detection_id = d.id)
            """,
            connection);
        delete.Parameters.Add(new() { Value = options.Value.History });
        var analyses = await delete.ExecuteNonQueryAsync(cancellationToken);
        return (analyses, await RemoveLogsAsync(connection, cancellationToken));
    }

    async Task<int> RemoveLogsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(home.BuildLogs)) return 0;
        await using var query = new NpgsqlCommand(
            """
            SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY workspace_id ORDER BY number DESC) AS place FROM deployments) ranked
            WHERE place > $1
            """,
            connection);
        query.Parameters.Add(new() { Value = options.Value.History });
        await using var reader = await query.ExecuteReaderAsync(cancellationToken);
        var removed = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            var folder = Path.Combine(home.BuildLogs, reader.GetGuid(0).ToString());
            if (!Directory.Exists(folder)) continue;
            Directory.Delete(folder, recursive: true);
            removed++;
        }

        return removed;
    }
}
