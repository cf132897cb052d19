using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Bench.Data;

/// <summary>Fills a database inside PostgreSQL, the same rows every time but for the day they end on. Foreign keys are not asked: every row fits.</summary>
sealed class Seeding(TestDatabase database, Action<string> say)
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

    /// <summary>Rows spread evenly over services and over the last days, oldest first, as they would have come.</summary>
    /// <param name="table">Which time series.</param>
    /// <param name="rows">How many.</param>
    /// <param name="services">Over how many of the services.</param>
    /// <param name="days">Over how many days before today.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task SeriesAsync(string table, long rows, int services, int days, CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        await DayPartitions.EnsureAsync(database, table, today.AddDays(-days), days, cancellationToken);
        for (var day = 0; day < days; day++)
        {
            var (first, last) = (rows * day / days, (rows * (day + 1) / days) - 1);
            var start = $"timestamptz '{today.AddDays(day - days):yyyy-MM-dd} 00:00+00'";
            await RunAsync(Insert(table, first, last, services, start), cancellationToken);
            if (day % 30 == 29) say($"{table}: {last + 1:#,0} of {rows:#,0} rows");
        }

        await PostgresFixture.ExecuteAsync(database.Admin, $"VACUUM (ANALYZE) {table}", cancellationToken);
    }

    /// <summary>SQL of the id with the number that an expression gives.</summary>
    public static string IdSql(char kind, string number) => $"('{kind}0000000-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid";

    /// <summary>SQL that puts numbered rows evenly into the day that starts then.</summary>
    public static string Insert(string table, long first, long last, int services, string start)
    {
        var at = $"{start} + (n - {first}) * interval '86399 seconds' / {Math.Max(1, last - first)}";
        var (columns, values, time) = table switch
        {
            "deployment_events" => ("event_type, event_data, sequence_num, hash",
                """(ARRAY['deployment_started', 'image_built', 'service_started', 'deployment_completed'])[1 + n % 4], '{"number": 12, "reason": "deploy", "release": 7}', n, decode(repeat('ab', 32), 'hex')""", "occurred_at"),
            "health_checks" => ("check_type, status, response_time_ms", "'http', CASE WHEN n % 50 = 0 THEN 'unhealthy' ELSE 'healthy' END, n % 100", "checked_at"),
            "service_metrics" => ("metric_type, value, unit", "(ARRAY['cpu', 'memory', 'disk'])[1 + n % 3], (n % 1000) / 1000.0, 'ratio'", "recorded_at"),
            _ => throw new ArgumentOutOfRangeException(nameof(table), table, null),
        };
        // Ids in the order of time, as UUID v7 are.
        return
            $"""
            INSERT INTO {table} (id, team_id, service_instance_id, {time}, {columns})
            SELECT (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid,
                '{Team}', {IdSql('b', $"(n * 7919) % {services}")}, t, {values}
            FROM (SELECT n, {at} AS t, md5(n::text) AS h FROM generate_series({first}::bigint, {last}) n) row
            """;
    }

    public async Task RunAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"SET session_replication_role = replica; SET synchronous_commit = off; {sql}", connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
