using Kyozo.Data.Schema;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

/// <summary>The seed's SQL, letter by letter, through psql as <c>kyozo db psql</c> starts it.</summary>
public sealed class SeedSqlTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lists_all_tables()
    {
        var output = (await PsqlAsync(
            """
            SELECT schemaname, tablename 
            FROM pg_tables 
            WHERE tablename LIKE '%service%' OR tablename LIKE '%topology%';
            """)).Succeeded();
        Assert.All(
            ["service_instances", "topology_detections", "service_dependencies", "service_metrics", "service_permissions"],
            table => Assert.Contains($"public|{table}\n", output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lists_the_foreign_keys()
    {
        var output = (await PsqlAsync(
            """
            SELECT conname, conrelid::regclass AS table_name, confrelid::regclass AS referenced_table
            FROM pg_constraint 
            WHERE contype = 'f' AND conname LIKE '%service%';
            """)).Succeeded();
        Assert.Contains("|service_instances|topology_detections\n", output, StringComparison.Ordinal);
        Assert.Contains("|deployment_events|service_instances\n", output, StringComparison.Ordinal);
        Assert.Contains("|service_permissions|users\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_the_indexes()
    {
        var output = (await PsqlAsync(
            """
            SELECT schemaname, tablename, indexname, indexdef
            FROM pg_indexes 
            WHERE tablename IN (
              'service_instances', 'topology_detections', 'deployment_events',
              'service_dependencies', 'health_checks', 'service_metrics', 'service_permissions'
            );
            """)).Succeeded();
        Assert.All(
            ["service_instances", "topology_detections", "deployment_events", "service_dependencies", "health_checks", "service_metrics", "service_permissions"],
            table => Assert.Contains($"public|{table}|", output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Shows_statistics_to_the_administrator()
    {
        var team = await A.TeamAsync(fixture.Database, Token);
        await A.ServiceAsync(fixture.Database, await A.WorkspaceAsync(fixture.Database, team, Token), Token);
        await fixture.Database.ExecuteAsync("ANALYZE service_instances", Token);

        var output = (await PsqlAsync(
            """
            SELECT schemaname, tablename, attname, n_distinct, correlation
            FROM pg_stats 
            WHERE tablename IN ('service_instances', 'deployment_events')
            ORDER BY tablename, attname;
            """, asAdministrator: true)).Succeeded();
        Assert.Contains("public|service_instances|name|", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_service_type_fails_as_the_seed_says()
    {
        var result = await PsqlAsync(
            """
            INSERT INTO service_instances (id, name, folder_path, service_type, workspace_id, team_id) 
            VALUES (uuid_generate_v4(), 'test', '/path', 'invalid_type', uuid_generate_v4(), uuid_generate_v4());
            """);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("new row for relation \"service_instances\" violates check constraint \"valid_service_type\"", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_optimized_queries_run()
    {
        (await PsqlAsync(
            """
            PREPARE events (uuid) AS SELECT * FROM deployment_events 
            WHERE service_instance_id = $1 AND occurred_at > NOW() - INTERVAL '7 days'
            ORDER BY occurred_at DESC;
            PREPARE health (uuid) AS SELECT * FROM health_checks 
            WHERE service_instance_id = $1 AND status = 'healthy'
            ORDER BY checked_at DESC LIMIT 1;
            PREPARE services (uuid, uuid) AS SELECT * FROM service_instances 
            WHERE team_id = $1 AND workspace_id = $2 AND status = 'running';
            EXECUTE events (uuid_generate_v4());
            EXECUTE health (uuid_generate_v4());
            EXECUTE services (uuid_generate_v4(), uuid_generate_v4());
            """)).Succeeded();
    }

    [Fact]
    public async Task Cleaning_up_and_maintenance_run()
    {
        (await PsqlAsync(
            """
            SELECT * FROM service_instances WHERE service_type NOT IN ('nodejs', 'python');
            UPDATE service_instances SET service_type = 'custom' WHERE service_type NOT IN ('nodejs', 'python', 'custom');
            REINDEX TABLE deployment_events;
            REINDEX TABLE health_checks;
            REINDEX TABLE service_metrics;
            ANALYZE service_instances;
            ANALYZE deployment_events;
            DELETE FROM deployment_events WHERE occurred_at < NOW() - INTERVAL '90 days';
            DELETE FROM health_checks WHERE checked_at < NOW() - INTERVAL '30 days';
            DELETE FROM service_metrics WHERE recorded_at < NOW() - INTERVAL '7 days';
            """)).Succeeded();
    }

    [Fact]
    public async Task Monitoring_queries_run()
    {
        var output = (await PsqlAsync(
            """
            SELECT 
              schemaname,
              tablename,
              pg_size_pretty(pg_total_relation_size(schemaname||'.'||tablename)) as size
            FROM pg_tables 
            WHERE tablename LIKE '%service%'
            ORDER BY pg_total_relation_size(schemaname||'.'||tablename) DESC;
            SELECT 
              schemaname,
              relname,
              indexrelname,
              idx_scan,
              idx_tup_read,
              idx_tup_fetch
            FROM pg_stat_user_indexes 
            WHERE schemaname = 'public' AND relname LIKE '%service%'
            ORDER BY idx_scan DESC;
            """)).Succeeded();
        Assert.Contains("public|service_instances|", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slow_queries_are_listed_where_the_library_is_loaded()
    {
        var loaded = await fixture.Database.ReadAsync<bool>("SELECT to_regclass('public.pg_stat_statements') IS NOT NULL", Token);
        Assert.SkipUnless(loaded, "pg_stat_statements is not preloaded in this server");
        (await PsqlAsync(
            """
            SELECT 
              query,
              calls,
              total_time,
              mean_time,
              rows
            FROM pg_stat_statements 
            WHERE query LIKE '%service_instances%'
            ORDER BY total_time DESC;
            """)).Succeeded();
    }

    Task<CommandResult> PsqlAsync(string sql, bool asAdministrator = false)
    {
        var connection = new NpgsqlConnectionStringBuilder(fixture.Database.Admin);
        var environment = new Dictionary<string, string?>
        {
            ["PGHOST"] = connection.Host,
            ["PGPORT"] = $"{connection.Port}",
            ["PGUSER"] = connection.Username,
            ["PGPASSWORD"] = connection.Password,
            ["PGDATABASE"] = connection.Database,
            ["PGOPTIONS"] = asAdministrator ? null : $"-c role={DatabaseRoles.Owner}",
        };
        return Command.RunAsync("psql", ["-X", "-At", "-v", "ON_ERROR_STOP=1"], Token, environment, input: sql + "\n");
    }
}
