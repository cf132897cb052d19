using Kyozo.Data.Schema;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

/// <summary>What a restore with constraints disabled and broken-off index builds leave behind is found and mended (the requirement's recovery section).</summary>
public sealed class SchemaRepairTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_good_database_has_nothing_to_repair()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await ManyRows.FillAsync(database, Token);

        Assert.Empty(await RepairOf(database).FindAsync(Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ALTER TABLE service_instances ADD CONSTRAINT valid_service_type CHECK (service_type IN ('nodejs')) NOT VALID")]
    public async Task Unknown_service_types_become_custom_and_the_rule_holds_again(string leftover)
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var team = await A.TeamAsync(database, Token);
        var workspace = await A.WorkspaceAsync(database, team, Token);
        var broken = await A.ServiceAsync(database, workspace, Token);
        var sound = await A.ServiceAsync(database, workspace, Token);
        await database.ExecuteAsync($"ALTER TABLE service_instances DROP CONSTRAINT valid_service_type; UPDATE service_instances SET service_type = 'fortran' WHERE id = '{broken.Id}'; {leftover}", Token);

        var repair = RepairOf(database);
        var finding = Assert.Single(await repair.FindAsync(Token));
        Assert.Contains("service_instances: the rule valid_service_type is", finding.What, StringComparison.Ordinal);
        Assert.Contains("1 rows break it", finding.What, StringComparison.Ordinal);
        Assert.Contains("SET service_type = 'custom'", finding.Mends, StringComparison.Ordinal);

        Assert.Equal(1, await repair.MendAsync([finding], _ => { }, Token));

        Assert.Equal("custom", await database.ReadAsync<string>($"SELECT service_type FROM service_instances WHERE id = '{broken.Id}'", Token));
        Assert.Equal("nodejs", await database.ReadAsync<string>($"SELECT service_type FROM service_instances WHERE id = '{sound.Id}'", Token));
        Assert.Equal(1, await database.ReadAsync<long>($"SELECT count(*) FROM audit_events WHERE team_id = '{team.Id}' AND action = 'database_repaired' AND (data ->> 'rows')::int = 1", Token));
        await VerifiedAsync(database);
    }

    [Fact]
    public async Task Rows_that_only_a_person_can_judge_are_shown_and_left()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await ManyRows.FillAsync(database, Token);
        await database.ExecuteAsync(
            """
            SET session_replication_role = replica;
            DELETE FROM topology_detections WHERE id = md5('detection 1')::uuid;
            ALTER TABLE deployment_events DROP CONSTRAINT valid_event_type;
            UPDATE deployment_events SET event_type = 'invented' WHERE id = (SELECT min(id::text)::uuid FROM deployment_events);
            """, Token);

        var findings = await RepairOf(database).FindAsync(Token);

        Assert.All(findings, finding => Assert.Null(finding.Mends));
        Assert.Contains(findings, finding => finding.What.StartsWith("deployment_events: the rule valid_event_type is missing, 1 rows", StringComparison.Ordinal));
        var orphan = Assert.Single(findings, finding => finding.What.Contains("name a row of topology_detections", StringComparison.Ordinal));
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync(Token);
        await using var show = new NpgsqlCommand(orphan.Show, connection);
        Assert.NotNull(await show.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task Measurements_of_an_unknown_kind_go_and_missing_rules_keys_and_indexes_come_back()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var before = await PgDump.SchemaAsync(database, Token);
        await ManyRows.FillAsync(database, Token);
        await database.ExecuteAsync(
            """
            ALTER TABLE service_metrics DROP CONSTRAINT valid_metric_type;
            UPDATE service_metrics SET metric_type = 'mood' WHERE id = (SELECT min(id::text)::uuid FROM service_metrics);
            ALTER TABLE files DROP CONSTRAINT valid_size;
            ALTER TABLE service_instances DROP CONSTRAINT fk_service_instances_topology_detections_team_id_topology_dete;
            DROP INDEX ix_service_instances_trouble;
            DROP INDEX ix_files_detected_technologies;
            """, Token);

        var repair = RepairOf(database);
        var findings = await repair.FindAsync(Token);
        Assert.Equal(5, findings.Count);
        Assert.Equal(1, await repair.MendAsync(findings, _ => { }, Token));

        Assert.Empty(await repair.FindAsync(Token));
        Assert.Equal(1999, await database.ReadAsync<long>("SELECT count(*) FROM service_metrics", Token));
        Assert.Equal(before, await PgDump.SchemaAsync(database, Token));
    }

    [Fact]
    public async Task Broken_off_index_builds_are_built_again_or_their_leftovers_dropped()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await database.ExecuteAsync(
            """
            SET allow_system_table_mods = on;
            CREATE INDEX ix_files_service_indicators_ccnew ON files (team_id, workspace_id) WHERE is_service_indicator;
            UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('ix_files_service_indicators'::regclass, 'ix_files_service_indicators_ccnew'::regclass);
            """, Token);

        var repair = RepairOf(database);
        var findings = await repair.FindAsync(Token);
        Assert.Equal(["REINDEX INDEX CONCURRENTLY ix_files_service_indicators", "DROP INDEX CONCURRENTLY ix_files_service_indicators_ccnew"], findings.Select(finding => finding.Mends));
        await repair.MendAsync(findings, _ => { }, Token);

        Assert.Empty(await repair.FindAsync(Token));
        Assert.Equal(2, await database.ReadAsync<long>("SELECT count(*) FROM audit_events WHERE action = 'database_repaired'", Token));
        await VerifiedAsync(database);
    }

    [Fact]
    public async Task A_partitioned_index_that_lacks_parts_gets_them()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await database.ExecuteAsync(
            """
            DROP INDEX ix_health_checks_failures;
            CREATE INDEX ix_health_checks_failures ON ONLY health_checks (team_id, checked_at DESC) WHERE status IN ('unhealthy', 'timed_out');
            """, Token);

        var repair = RepairOf(database);
        var finding = Assert.Single(await repair.FindAsync(Token));
        Assert.Contains("the index ix_health_checks_failures is INVALID, for it is missing on health_checks_", finding.What, StringComparison.Ordinal);
        await repair.MendAsync([finding], _ => { }, Token);

        Assert.Empty(await repair.FindAsync(Token));
        await VerifiedAsync(database);
    }

    static SchemaRepair RepairOf(TestDatabase database) => new(database.Admin, TimeProvider.System);

    static async Task VerifiedAsync(TestDatabase database) =>
        Assert.DoesNotContain(await new SchemaVerifier(database.Admin, TimeProvider.System).VerifyAsync(Token), item => item.Fault is not null);
}
