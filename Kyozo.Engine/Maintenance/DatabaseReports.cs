using Kyozo.Data.Schema;
using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Retention;
using Npgsql;

namespace Kyozo.Engine.Maintenance;

/// <summary>The database in numbers: sizes, use of indexes, dead rows, slow queries, connections. As the owner, who may read everybody's counters.</summary>
public sealed class DatabaseReports(MaintenanceDataSource database, TimeProvider clock)
{
    const int Listed = 20;
    const string Schemas = "('public', 'identity', 'quartz')";
    const string NameOfRoot = "CASE WHEN rn.nspname = 'public' THEN '' ELSE rn.nspname || '.' END || root.relname";

    /// <summary>The report.</summary>
    public async Task<DatabaseReport> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var (version, size, hits, since) = (await QueryAsync(
            connection,
            """
            SELECT current_setting('server_version'), pg_database_size(current_database()), blks_hit::float8 / nullif(blks_hit + blks_read, 0), stats_reset
            FROM pg_stat_database WHERE datname = current_database()
            """,
            r => (r.GetString(0), r.GetInt64(1), r.IsDBNull(2) ? (double?)null : r.GetDouble(2), Moment(r, 3)), cancellationToken))[0];
        var tables = await TablesAsync(connection, cancellationToken);
        var indexes = await IndexesAsync(connection, cancellationToken);
        var (slow, help) = await SlowQueriesAsync(connection, cancellationToken);
        return new(
            version, size, hits, since, tables, await PartitionsAsync(connection, cancellationToken), indexes, DatabaseHints.Find(tables, indexes), slow, help,
            await ConnectionsAsync(connection, cancellationToken), await TransactionsAsync(connection, cancellationToken));
    }

    // What was never analysed has no estimate but the counter of changes.
    static Task<List<TableSize>> TablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => QueryAsync(
        connection,
        $"""
        SELECT {NameOfRoot}, sum(greatest(c.reltuples, s.n_live_tup, 0))::bigint, sum(pg_relation_size(c.oid))::bigint, sum(pg_indexes_size(c.oid))::bigint,
               sum(CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE pg_total_relation_size(c.reltoastrelid) END)::bigint,
               coalesce(sum(s.n_dead_tup), 0)::bigint, coalesce(sum(s.seq_scan), 0)::bigint, coalesce(sum(s.seq_tup_read), 0)::bigint, coalesce(sum(s.idx_scan), 0)::bigint,
               max(greatest(s.last_vacuum, s.last_autovacuum)), max(greatest(s.last_analyze, s.last_autoanalyze))
        FROM pg_class c
        JOIN pg_class root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
        JOIN pg_namespace rn ON rn.oid = root.relnamespace
        LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
        WHERE c.relkind = 'r' AND rn.nspname IN {Schemas}
        GROUP BY 1 ORDER BY sum(pg_total_relation_size(c.oid)) DESC, 1
        """,
        r => new TableSize(r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8), Moment(r, 9), Moment(r, 10)),
        cancellationToken);

    // An index of a partitioned table is one index to its reader, whatever the number of its parts.
    static Task<List<IndexUse>> IndexesAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => QueryAsync(
        connection,
        $"""
        SELECT CASE WHEN rn.nspname = 'public' THEN '' ELSE rn.nspname || '.' END || rt.relname, root.relname::text,
               sum(pg_relation_size(x.indexrelid))::bigint, coalesce(sum(s.idx_scan), 0)::bigint, coalesce(sum(s.idx_tup_read), 0)::bigint,
               bool_or(x.indisunique OR x.indisexclusion), bool_and(x.indisvalid)
        FROM pg_index x
        JOIN pg_class i ON i.oid = x.indexrelid AND i.relkind = 'i'
        JOIN pg_class root ON root.oid = coalesce(pg_partition_root(i.oid), i.oid)
        JOIN pg_index rx ON rx.indexrelid = root.oid
        JOIN pg_class rt ON rt.oid = rx.indrelid
        JOIN pg_namespace rn ON rn.oid = rt.relnamespace
        LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = x.indexrelid
        WHERE rn.nspname IN {Schemas}
        GROUP BY 1, root.oid, root.relname ORDER BY 3 DESC, 1, 2
        """,
        r => new IndexUse(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetBoolean(5), r.GetBoolean(6)),
        cancellationToken);

    static async Task<IReadOnlyList<PartitionInfo>> PartitionsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
    [
        .. (await QueryAsync(
            connection,
            """
            SELECT parent.relname::text, part.relname::text, greatest(part.reltuples, s.n_live_tup, 0)::bigint, pg_total_relation_size(part.oid)
            FROM pg_inherits i JOIN pg_class parent ON parent.oid = i.inhparent JOIN pg_class part ON part.oid = i.inhrelid LEFT JOIN pg_stat_all_tables s ON s.relid = part.oid
            WHERE parent.relnamespace = 'public'::regnamespace AND part.relkind = 'r' AND parent.relkind = 'p' ORDER BY 1, 2
            """,
            r => DayPartition.Parse(r.GetString(0), r.GetString(1), false) is { } day ? new PartitionInfo(day.Table, day.Name, day.Day, r.GetInt64(2), r.GetInt64(3)) : null,
            cancellationToken)).OfType<PartitionInfo>(),
    ];

    static async Task<(IReadOnlyList<SlowQuery>, string?)> SlowQueriesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (view, preload) = (await QueryAsync(
            connection, "SELECT to_regclass('public.pg_stat_statements') IS NOT NULL, coalesce((SELECT setting FROM pg_settings WHERE name = 'shared_preload_libraries'), '')",
            r => (r.GetBoolean(0), r.GetString(1)), cancellationToken))[0];
        try
        {
            if (view)
            {
                return (await QueryAsync(
                    connection,
                    $"""
                    SELECT left(regexp_replace(query, '\s+', ' ', 'g'), 500), calls, total_exec_time, mean_exec_time, max_exec_time, rows FROM public.pg_stat_statements
                    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY total_exec_time DESC LIMIT {Listed}
                    """,
                    r => new SlowQuery(r.GetString(0), r.GetInt64(1), r.GetDouble(2), r.GetDouble(3), r.GetDouble(4), r.GetInt64(5)), cancellationToken), null);
            }
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.ObjectNotInPrerequisiteState or PostgresErrorCodes.UndefinedTable)
        {
            // The view is there, but the server runs without the library.
        }

        return ([], Help(preload));
    }

    internal static string Help(string preload)
    {
        const string library = "pg_stat_statements";
        var libraries = preload.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        const string second = "kyozo db migrate";
        return libraries.Contains(library)
            ? $"PostgreSQL counts statements, but this database has no view on them. Run: {second}"
            : $"PostgreSQL does not count statements. Run: kyozo db psql --admin -- -c \"ALTER SYSTEM SET shared_preload_libraries = {string.Join(", ", libraries.Append(library).Select(name => $"'{name}'"))}\", restart PostgreSQL, then run: {second}";
    }

    static async Task<ConnectionUse> ConnectionsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (used, limit) = (await QueryAsync(
            connection, "SELECT count(*)::int, current_setting('max_connections')::int FROM pg_stat_activity WHERE backend_type = 'client backend'",
            r => (r.GetInt32(0), r.GetInt32(1)), cancellationToken))[0];
        var states = await QueryAsync(
            connection, "SELECT coalesce(state, 'unknown'), count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = current_database() GROUP BY 1 ORDER BY 1",
            r => KeyValuePair.Create(r.GetString(0), r.GetInt32(1)), cancellationToken);
        return new(used, limit, states.ToDictionary());
    }

    async Task<IReadOnlyList<LongTransaction>> TransactionsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT pid, coalesce(usename::text, ''), coalesce(application_name, ''), coalesce(state, ''), xact_start, left(regexp_replace(coalesce(query, ''), '\s+', ' ', 'g'), 200)
            FROM pg_stat_activity WHERE datname = current_database() AND xact_start < $1 AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT {Listed}
            """, connection)
        { Parameters = { new() { Value = clock.GetUtcNow() - TimeSpan.FromMinutes(1) } } };
        return await ReadAsync(command, r => new LongTransaction(r.GetInt32(0), r.GetString(1), r.GetString(2), r.GetString(3), Moment(r, 4)!.Value, r.GetString(5)), cancellationToken);
    }

    static async Task<List<T>> QueryAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await ReadAsync(command, read, cancellationToken);
    }

    static async Task<List<T>> ReadAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken)) rows.Add(read(reader));
        return rows;
    }

    static DateTimeOffset? Moment(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
