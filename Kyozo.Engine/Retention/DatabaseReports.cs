using Kyozo.Data.WorkerApi;
using Npgsql;

namespace Kyozo.Engine.Retention;

/// <summary>Sizes of the database, its tables and its day partitions, from the catalog: row numbers are the planner's estimates.</summary>
public sealed class DatabaseReports(NpgsqlDataSource database)
{
    /// <summary>The report.</summary>
    public async Task<DatabaseReport> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var (version, size) = (await QueryAsync(
            connection, "SELECT current_setting('server_version'), pg_database_size(current_database())", r => (r.GetString(0), r.GetInt64(1)), cancellationToken))[0];
        var tables = await QueryAsync(
            connection,
            """
            SELECT root.relname::text, sum(greatest(part.reltuples, 0))::bigint, sum(pg_table_size(part.oid))::bigint, sum(pg_indexes_size(part.oid))::bigint
            FROM pg_class root
            CROSS JOIN LATERAL (SELECT t.relid FROM pg_partition_tree(root.oid) t WHERE t.isleaf
                                UNION SELECT root.oid WHERE root.relkind = 'r') leaf
            JOIN pg_class part ON part.oid = leaf.relid
            WHERE root.relnamespace = 'public'::regnamespace AND root.relkind IN ('r', 'p') AND NOT root.relispartition
            GROUP BY root.relname ORDER BY 3 DESC, 1
            """,
            r => new TableSize(r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3)), cancellationToken);
        var partitions = await QueryAsync(
            connection,
            """
            SELECT parent.relname::text, part.relname::text, greatest(part.reltuples, 0)::bigint, pg_total_relation_size(part.oid)
            FROM pg_inherits i JOIN pg_class parent ON parent.oid = i.inhparent JOIN pg_class part ON part.oid = i.inhrelid
            WHERE parent.relnamespace = 'public'::regnamespace AND part.relkind = 'r' AND parent.relkind = 'p' ORDER BY 1, 2
            """,
            r => DayPartition.Parse(r.GetString(0), r.GetString(1), false) is { } day ? new PartitionInfo(day.Table, day.Name, day.Day, r.GetInt64(2), r.GetInt64(3)) : null,
            cancellationToken);
        return new(version, size, tables, [.. partitions.OfType<PartitionInfo>()]);
    }

    static async Task<List<T>> QueryAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken)) rows.Add(read(reader));
        return rows;
    }
}
