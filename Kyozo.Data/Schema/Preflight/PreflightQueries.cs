using Npgsql;

namespace Kyozo.Data.Schema.Preflight;

/// <summary>The questions that <see cref="PreflightReader"/> asks the catalogs.</summary>
sealed class PreflightQueries(NpgsqlConnection connection)
{
    public Task<IReadOnlyDictionary<string, bool>> ExtensionsAsync(CancellationToken cancellationToken) => ReadPairsAsync(
        "SELECT name, installed_version IS NOT NULL FROM pg_available_extensions WHERE name IN ('uuid-ossp', 'pg_stat_statements')", reader => reader.GetBoolean(1), cancellationToken);

    public Task<IReadOnlyDictionary<string, string>> SettingsAsync(CancellationToken cancellationToken) => ReadPairsAsync(
        "SELECT name, current_setting(name) FROM pg_settings WHERE name IN ('max_locks_per_transaction', 'client_connection_check_interval', 'maintenance_work_mem', 'work_mem', 'shared_preload_libraries')",
        reader => reader.GetString(1), cancellationToken);

    public async Task<RightsFact> RightsAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT r.rolname, r.rolsuper, r.rolcreaterole,
                (SELECT pg_has_role(datdba, 'MEMBER') FROM pg_database WHERE datname = current_database()),
                ARRAY(SELECT name FROM unnest($1) name WHERE to_regrole(name) IS NULL),
                coalesce((SELECT pg_has_role(o.oid, 'MEMBER') FROM pg_roles o WHERE o.rolname = $2), false)
            FROM pg_roles r WHERE r.rolname = current_user
            """, connection)
        {
            Parameters = { new() { Value = DatabaseRoles.Logins.Prepend(DatabaseRoles.Owner).ToArray() }, new() { Value = DatabaseRoles.Owner } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(reader.GetString(0), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetBoolean(3), reader.GetFieldValue<string[]>(4), reader.GetBoolean(5));
    }

    public async Task<IReadOnlyList<string>> AppliedAsync(CancellationToken cancellationToken) =>
        await ReadAsync<bool>($"SELECT to_regclass('public.{KyozoNpgsql.HistoryTable}') IS NOT NULL", cancellationToken)
            ? await NamesAsync($"SELECT migration_id FROM public.{KyozoNpgsql.HistoryTable}", cancellationToken)
            : [];

    public Task<IReadOnlyList<string>> CollisionsAsync(string[] tables, CancellationToken cancellationToken) =>
        NamesAsync("SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND relname = ANY ($1) ORDER BY 1", cancellationToken, (object)tables);

    public async Task<TableFact?> LargestTableAsync(CancellationToken cancellationToken)
    {
        // Measuring a table opens it, and would wait for whoever has it for himself.
        var rows = await ReadAllAsync(
            """
            WITH free AS MATERIALIZED (
                SELECT c.oid FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
                  AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.relation = c.oid AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()))
            SELECT oid::regclass::text, pg_total_relation_size(oid) FROM free ORDER BY 2 DESC LIMIT 1
            """, reader => new TableFact(reader.GetString(0), reader.GetInt64(1)), cancellationToken);
        return rows.SingleOrDefault();
    }

    public async Task<BackupFact> BackupAsync(CancellationToken cancellationToken)
    {
        if (!await ReadAsync<bool>("SELECT to_regclass('public.backups') IS NOT NULL AND has_table_privilege('public.backups', 'SELECT')", cancellationToken)) return new(Kept: false, null, null);
        var rows = await ReadAllAsync(
            "SELECT max(started_at) FILTER (WHERE status = 'good'), max(started_at) FILTER (WHERE status = 'unchecked') FROM public.backups WHERE removed_at IS NULL",
            reader => new BackupFact(Kept: true, reader.IsDBNull(0) ? null : reader.GetFieldValue<DateTimeOffset>(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<DateTimeOffset>(1)), cancellationToken);
        return rows.Single();
    }

    public Task<IReadOnlyList<SessionFact>> OldTransactionsAsync(TimeSpan age, CancellationToken cancellationToken) => SessionsAsync(
        "a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend' AND clock_timestamp() - a.xact_start > $1", cancellationToken, age);

    public Task<IReadOnlyList<string>> BlockedAsync(CancellationToken cancellationToken) => NamesAsync(
        """
        SELECT format('process %s (%s) waits for %s: %s', a.pid, a.usename, array_to_string(pg_blocking_pids(a.pid), ', '), left(regexp_replace(a.query, '\s+', ' ', 'g'), 80))
        FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.wait_event_type = 'Lock' AND a.pid <> pg_backend_pid() AND a.application_name NOT LIKE 'kyozo db %'
          AND cardinality(pg_blocking_pids(a.pid)) > 0
        """, cancellationToken);

    // A table and its partitions. pg_partition_tree would lock them.
    const string Family = "SELECT to_regclass($1::text) UNION SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass($1::text)";

    public async Task<long?> SizeAsync(string table, CancellationToken cancellationToken)
    {
        // As it was when it was last vacuumed or analysed: measuring would wait for whoever locks it.
        await using var command = new NpgsqlCommand(
            $"""
            SELECT (sum(c.relpages::bigint) * current_setting('block_size')::int)::bigint FROM pg_class c
            WHERE c.oid IN ({Family}) OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid IN ({Family}))
            """, connection)
        { Parameters = { new() { Value = table } } };
        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }

    public Task<IReadOnlyList<SessionFact>> HoldersAsync(string table, LockMode mode, CancellationToken cancellationToken)
    {
        // Which locks of others each mode waits for (PostgreSQL 15 manual, table 13.2).
        string[] others = mode switch
        {
            LockMode.ShareUpdateExclusive => ["ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"],
            LockMode.Share => ["RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"],
            LockMode.ShareRowExclusive => ["RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"],
            _ => ["AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"],
        };
        return SessionsAsync(
            $"""
            a.pid <> pg_backend_pid() AND a.application_name NOT LIKE 'kyozo db %' AND EXISTS (
                SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'relation' AND l.granted
                  AND l.relation IN ({Family}) AND l.mode = ANY ($2))
            """, cancellationToken, table, others);
    }

    public Task<IReadOnlyList<string>> KyozoSessionsAsync(CancellationToken cancellationToken) => NamesAsync(
        """
        SELECT format('%s (%s, %s)', coalesce(nullif(application_name, ''), 'unnamed'), usename, count(*)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = ANY ($1) GROUP BY application_name, usename ORDER BY 1
        """, cancellationToken, (object)DatabaseRoles.Logins.ToArray());

    public async Task<long> RunningDeploymentsAsync(CancellationToken cancellationToken) =>
        await ReadAsync<bool>("SELECT to_regclass('public.deployments') IS NOT NULL AND has_table_privilege('public.deployments', 'SELECT')", cancellationToken)
            ? await ReadAsync<long>("SELECT count(*) FROM public.deployments WHERE status IN ('queued', 'building', 'starting', 'verifying', 'switching')", cancellationToken)
            : 0;

    public async Task GiveUpWaitingAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SET LOCAL lock_timeout = '2s'", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<string>> NamesAsync(string sql, CancellationToken cancellationToken, params object[] parameters) =>
        await ReadAllAsync(sql, reader => reader.GetString(0), cancellationToken, parameters);

    public async Task<T> ReadAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    async Task<IReadOnlyList<SessionFact>> SessionsAsync(string condition, CancellationToken cancellationToken, params object[] parameters) => await ReadAllAsync(
        $"""
        SELECT a.pid, concat_ws(', ', a.usename, nullif(a.application_name, ''), a.state), coalesce(clock_timestamp() - a.xact_start, interval '0'),
            left(regexp_replace(coalesce(a.query, ''), '\s+', ' ', 'g'), 80)
        FROM pg_stat_activity a WHERE {condition} ORDER BY a.xact_start
        """, reader => new SessionFact(reader.GetInt32(0), reader.GetString(1), reader.GetTimeSpan(2), reader.GetString(3)), cancellationToken, parameters);

    async Task<IReadOnlyDictionary<string, T>> ReadPairsAsync<T>(string sql, Func<NpgsqlDataReader, T> value, CancellationToken cancellationToken) =>
        (await ReadAllAsync(sql, reader => KeyValuePair.Create(reader.GetString(0), value(reader)), cancellationToken)).ToDictionary();

    async Task<List<T>> ReadAllAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters) command.Parameters.Add(new() { Value = parameter });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<T>();
        while (await reader.ReadAsync(cancellationToken)) found.Add(read(reader));
        return found;
    }
}
