using Npgsql;

namespace Kyozo.Testing;

/// <summary>Fills a database inside PostgreSQL, the same rows every time but for the day they end on. Foreign keys are not asked: every row fits.</summary>
/// <param name="database">Where.</param>
/// <param name="say">Gets a line of progress now and then.</param>
public sealed class BulkRows(TestDatabase database, Action<string> say)
{
    /// <summary>The team of every row; its services are spread over workspaces of a hundred.</summary>
    public static readonly Guid Team = Guid.Parse("00000000-0000-7000-8000-00000000beef");

    public const int ServicesPerWorkspace = 100;

    /// <summary>Id of the service (or workspace, user) with a number, from 0.</summary>
    public static Guid Id(char kind, int number) => Guid.Parse($"{kind}0000000-0000-7000-8000-{number:x12}");

    public async Task ServicesAsync(int count, CancellationToken cancellationToken) => await RunAsync(
        $"""
        INSERT INTO teams (id, name, slug) VALUES ('{Team}', 'bench', 'bench');
        INSERT INTO workspaces (id, team_id, engine_id, name, slug, root_path)
            SELECT {IdSql('a', "n")}, '{Team}', (SELECT id FROM engines LIMIT 1), 'w' || n, 'w' || n, '/srv/w' || n
            FROM generate_series(0, {(count - 1) / ServicesPerWorkspace}) n;
        INSERT INTO service_instances (id, team_id, workspace_id, name, folder_path, service_type, status)
            SELECT {IdSql('b', "n")}, '{Team}', {IdSql('a', $"n / {ServicesPerWorkspace}")}, 's' || n, '/s' || n, 'nodejs', CASE WHEN n % 4 = 0 THEN 'running' ELSE 'stopped' END
            FROM generate_series(0, {count - 1}) n;
        ANALYZE teams, workspaces, service_instances;
        """, cancellationToken);

    /// <summary>Members of the team and a grant of each on every service.</summary>
    public async Task GrantsAsync(int services, int users, CancellationToken cancellationToken)
    {
        // Apart from the long insert: whoever makes a partition of events meanwhile waits for writers of users.
        await RunAsync(
            $"""
            INSERT INTO users (id, user_name, normalized_user_name, display_name, email_confirmed, phone_number_confirmed, two_factor_enabled, lockout_enabled, access_failed_count)
                SELECT {IdSql('c', "n")}, 'u' || n, 'U' || n, 'u' || n, false, false, false, true, 0 FROM generate_series(0, {users - 1}) n;
            INSERT INTO team_memberships (team_id, user_id, role) SELECT '{Team}', {IdSql('c', "n")}, 'member' FROM generate_series(0, {users - 1}) n;
            ANALYZE users, team_memberships;
            """, cancellationToken);
        // Indexes are made much faster over rows that are there.
        var indexes = await database.ReadAsync<string>(
            "SELECT string_agg(indexdef, ';') FROM pg_indexes WHERE tablename = 'service_permissions' AND indexname LIKE 'ix_%'", cancellationToken);
        var drops = await database.ReadAsync<string>(
            "SELECT string_agg('DROP INDEX ' || indexname, ';') FROM pg_indexes WHERE tablename = 'service_permissions' AND indexname LIKE 'ix_%'", cancellationToken);
        await RunAsync(
            $"""
            {drops};
            INSERT INTO service_permissions (id, team_id, service_instance_id, user_id, permission_type, granted_by)
                SELECT gen_random_uuid(), '{Team}', {IdSql('b', "s")}, {IdSql('c', "u")}, 'view_logs', {IdSql('c', "0")}
                FROM generate_series(0, {services - 1}) s, generate_series(0, {users - 1}) u;
            {indexes};
            ANALYZE service_permissions;
            """, cancellationToken);
    }

    /// <summary>Rows spread evenly over services and over the last days, oldest first, as they would have come.</summary>
    /// <param name="table">Which time series.</param>
    /// <param name="rows">How many.</param>
    /// <param name="services">Over how many of the services.</param>
    /// <param name="days">Over how many days before today.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task SeriesAsync(string table, long rows, int services, int days, CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        for (var day = 0; day < days; day++)
        {
            var (first, last) = (rows * day / days, (rows * (day + 1) / days) - 1);
            await FillAsync(table, today.AddDays(day - days), first, last, services, cancellationToken);
            if (day % 30 == 29) say($"{table}: {last + 1:#,0} of {rows:#,0} rows");
        }

        await RunAsync($"ANALYZE {table}", cancellationToken);
    }

    /// <summary>Numbered rows spread evenly over services and over one day, whose partition is made.</summary>
    public Task FillAsync(string table, DateOnly day, long first, long last, int services, CancellationToken cancellationToken) =>
        DayPartitions.FillAsync(database, table, day, into => Insert(table, into, first, last, services, day), cancellationToken);

    /// <summary>SQL of the id with the number that an expression gives.</summary>
    public static string IdSql(char kind, string number) => $"('{kind}0000000-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid";

    /// <summary>SQL that puts numbered rows of a series evenly into a day of a table.</summary>
    /// <param name="series">Which time series: its columns.</param>
    /// <param name="into">The table.</param>
    /// <param name="first">Number of the first row.</param>
    /// <param name="last">Number of the last.</param>
    /// <param name="services">Over how many services.</param>
    /// <param name="day">The day, UTC.</param>
    public static string Insert(string series, string into, long first, long last, int services, DateOnly day)
    {
        var at = $"timestamptz '{day:yyyy-MM-dd} 00:00+00' + (n - {first}) * interval '86399 seconds' / {Math.Max(1, last - first)}";
        var (columns, values, time) = series switch
        {
            "deployment_events" => ("event_type, event_data, sequence_num, hash",
                """(ARRAY['deployment_started', 'image_built', 'service_started', 'deployment_completed'])[1 + n % 4], '{"number": 12, "reason": "deploy", "release": 7}', n, decode(repeat('ab', 32), 'hex')""", "occurred_at"),
            "health_checks" => ("check_type, status, response_time_ms", "'http', CASE WHEN n % 50 = 0 THEN 'unhealthy' ELSE 'healthy' END, n % 100", "checked_at"),
            "service_metrics" => ("metric_type, value, unit", "(ARRAY['cpu', 'memory', 'disk'])[1 + n % 3], (n % 1000) / 1000.0, 'ratio'", "recorded_at"),
            _ => throw new ArgumentOutOfRangeException(nameof(series), series, null),
        };
        // Ids in the order of time, as UUID v7 are.
        return
            $"""
            INSERT INTO {into} (id, team_id, service_instance_id, {time}, {columns})
            SELECT (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid,
                '{Team}', {IdSql('b', $"(n * 7919) % {services}")}, t, {values}
            FROM (SELECT n, {at} AS t, md5(n::text) AS h FROM generate_series({first}::bigint, {last}) n) row
            """;
    }

    public Task RunAsync(string sql, CancellationToken cancellationToken) =>
        PlainAsync($"SET session_replication_role = replica; SET synchronous_commit = off; {sql}", cancellationToken);

    /// <summary>A statement as anybody would send it, on a connection of its own.</summary>
    public async Task PlainAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
