using Kyozo.Data.Permissions;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Data.Tests.Tenancy;

/// <summary>Two teams with a row in every table, and what the portal sees of them (SAFETY §4 T1, T2, T3, T4, T5, T6, T9).</summary>
public sealed class IsolationTests(IsolationTests.TwoTeams fixture) : IClassFixture<IsolationTests.TwoTeams>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> TenantTables =>
    [
        "workspaces", "files", "topology_detections", "detection_corrections", "service_instances", "service_dependencies", "deployment_events", "deployment_events_archive",
        "health_checks", "service_metrics", "service_permissions", "deployments", "deployment_steps", "releases", "service_containers",
        "port_reservations", "audit_events", "audit_anchors", "team_memberships", "health_rollups", "metric_rollups",
    ];

    [Theory, MemberData(nameof(TenantTables))]
    public async Task The_portal_sees_its_teams_rows_and_no_other(string table)
    {
        Assert.True((long)(await fixture.AsAdminAsync($"SELECT count(*) FROM {table} WHERE team_id = '{fixture.Blue.TeamId}'"))! > 0, "the test has no row to hide");

        Assert.True((long)(await fixture.AsPortalAsync(fixture.Blue, $"SELECT count(*) FROM {table}"))! > 0);
        Assert.Equal(0L, await fixture.AsPortalAsync(fixture.Blue, $"SELECT count(*) FROM {table} WHERE team_id <> '{fixture.Blue.TeamId}'"));
        Assert.Equal(0L, await fixture.AsPortalAsync(null, $"SELECT count(*) FROM {table}"));
    }

    [Fact]
    public async Task Every_table_with_a_team_is_in_the_list_above_or_closed_to_the_portal()
    {
        var tables = await fixture.AsAdminAsync(
            """
            SELECT array_agg(c.relname::text ORDER BY c.relname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'team_id'
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
              AND has_any_column_privilege('kyozo_portal', c.oid, 'SELECT')
            """);
        // Of secrets the portal reads all but the value; the next test looks at them.
        Assert.Equal(TenantTables.Select(row => row.Data).Append("secrets").Order(), ((string[])tables!).Order());
    }

    [Fact]
    public async Task Secrets_are_seen_by_name_but_never_by_value()
    {
        Assert.Equal(1L, await fixture.AsPortalAsync(fixture.Blue, "SELECT count(name) FROM secrets"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(fixture.Database.Portal, fixture.Blue, "SELECT ciphertext FROM secrets")).SqlState);
    }

    [Theory, MemberData(nameof(TenantTables))]
    public async Task Rows_of_another_team_are_not_changed_or_removed(string table)
    {
        foreach (var sql in new[] { $"UPDATE {table} SET team_id = team_id WHERE team_id = '{fixture.Red.TeamId}'", $"DELETE FROM {table} WHERE team_id = '{fixture.Red.TeamId}'" })
        {
            try
            {
                await fixture.AsPortalAsync(fixture.Blue, sql);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
            }
        }

        Assert.True((long)(await fixture.AsAdminAsync($"SELECT count(*) FROM {table} WHERE team_id = '{fixture.Red.TeamId}'"))! > 0);
    }

    [Fact]
    public async Task Rows_cannot_be_given_to_another_team()
    {
        var service = fixture.BlueService;
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(fixture.Database.Portal, fixture.Blue,
            $"INSERT INTO service_permissions (id, team_id, service_instance_id, user_id, permission_type, granted_by) VALUES ('{A.Id()}', '{fixture.Red.TeamId}', '{fixture.RedService}', '{fixture.Blue.UserId}', 'view_logs', '{fixture.Blue.UserId}')")).SqlState);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(fixture.Database.Portal, fixture.Blue,
            $"INSERT INTO team_memberships (team_id, user_id, role) VALUES ('{fixture.Red.TeamId}', '{fixture.Blue.UserId}', 'owner')")).SqlState);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(fixture.Database.Portal, fixture.Blue,
            $"UPDATE service_instances SET team_id = '{fixture.Red.TeamId}' WHERE id = '{service}'")).SqlState);
    }

    [Fact]
    public async Task The_portal_inserts_nothing_in_anothers_name_and_nothing_that_only_the_worker_decides()
    {
        var workspace = (Guid)(await fixture.AsAdminAsync($"SELECT workspace_id FROM service_instances WHERE id = '{fixture.BlueService}'"))!;
        string Deployment(Guid requestedBy, string status) =>
            $"INSERT INTO deployments (id, team_id, workspace_id, engine_id, kind, requested_by, request, status) VALUES ('{A.Id()}', '{fixture.Blue.TeamId}', '{workspace}', '{WellKnown.LocalEngine}', 'deploy', '{requestedBy}', '{{}}', '{status}')";

        await fixture.AsPortalAsync(fixture.Blue, Deployment(fixture.Blue.UserId, "queued"));
        string[] refused =
        [
            Deployment(WellKnown.Operator, "queued"),
            Deployment(fixture.Blue.UserId, "succeeded"),
            $"INSERT INTO service_permissions (id, team_id, service_instance_id, user_id, permission_type, granted_by) VALUES ('{A.Id()}', '{fixture.Blue.TeamId}', '{fixture.BlueService}', '{fixture.Blue.UserId}', 'stop_service', '{WellKnown.Operator}')",
            $"UPDATE service_instances SET status = 'running' WHERE id = '{fixture.BlueService}'",
            $"UPDATE deployments SET status = 'succeeded' WHERE team_id = '{fixture.Blue.TeamId}'",
        ];
        foreach (var sql in refused)
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(fixture.Database.Portal, fixture.Blue, sql)).SqlState);
    }

    [Fact]
    public async Task A_row_cannot_name_another_teams_row_even_for_a_role_without_walls()
    {
        var refused = await fixture.RefusedAsync(fixture.Database.Admin, null,
            $"INSERT INTO service_permissions (id, team_id, service_instance_id, user_id, permission_type, granted_by) VALUES ('{A.Id()}', '{fixture.Blue.TeamId}', '{fixture.RedService}', '{fixture.Blue.UserId}', 'view_logs', '{fixture.Blue.UserId}')");
        Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, refused.SqlState);
    }

    [Fact]
    public async Task Teams_and_memberships_are_readable_by_the_person_and_by_nobody_else()
    {
        var nobody = new Actor(fixture.Blue.UserId, Guid.Empty);
        Assert.Equal(fixture.Blue.TeamId, await fixture.AsPortalAsync(nobody, "SELECT id FROM teams"));
        Assert.Equal(1L, await fixture.AsPortalAsync(nobody, "SELECT count(*) FROM teams"));
        Assert.Equal(1L, await fixture.AsPortalAsync(nobody, "SELECT count(*) FROM team_memberships"));
        Assert.Equal(0L, await fixture.AsPortalAsync(null, "SELECT count(*) FROM teams"));
    }

    [Fact]
    public async Task Partitions_are_closed_to_every_login_role_and_walled_off_too()
    {
        var partition = Partitions.NameOf("deployment_events", DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime));
        foreach (var connection in new[] { fixture.Database.Portal, fixture.Database.Worker, fixture.Database.Gateway })
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(connection, fixture.Blue, $"SELECT count(*) FROM {partition}")).SqlState);
    }

    [Fact]
    public async Task The_catalog_has_no_hole()
    {
        var items = await new SchemaVerifier(fixture.Database.Admin, TimeProvider.System).VerifyAsync(Token);
        Assert.DoesNotContain(items, item => item.Fault is not null);
        Assert.True(items.Count(item => item.Kind == "row level security") > 60);
    }

    [Fact]
    public async Task Nothing_runs_as_its_owner_for_the_portal_but_the_allow_list()
    {
        var functions = (string[])(await fixture.AsAdminAsync(
            """
            SELECT array_agg(p.proname::text ORDER BY p.proname) FROM pg_proc p
            WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace AND has_function_privilege('kyozo_portal', p.oid, 'EXECUTE')
            """))!;
        Assert.Equal(["append_audit_event", "append_event", "complete_setup"], functions);
        Assert.Equal(0L, await fixture.AsAdminAsync("SELECT count(*) FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace AND NOT coalesce(proconfig::text LIKE '%search_path%', false)"));
        Assert.Equal(0L, await fixture.AsAdminAsync("SELECT count(*) FROM pg_matviews WHERE schemaname = 'public'"));
    }

    [Fact]
    public async Task The_portal_makes_nobody_installation_administrator()
    {
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(fixture.Database.Portal, fixture.Blue,
            $"UPDATE users SET is_installation_admin = true WHERE id = '{fixture.Blue.UserId}'")).SqlState);
    }

    [Fact]
    public async Task Worker_and_gateway_cannot_read_passwords_and_tokens()
    {
        foreach (var connection in new[] { fixture.Database.Worker, fixture.Database.Gateway })
        {
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(connection, null, "SELECT password_hash FROM users")).SqlState);
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(connection, null, "SELECT count(*) FROM identity.user_tokens")).SqlState);
        }
    }

    [Fact]
    public async Task The_gateway_reads_routes_and_writes_counts_and_no_more()
    {
        Assert.Equal(2L, await fixture.SqlAsync(fixture.Database.Gateway, null, "SELECT count(*) FROM port_reservations JOIN service_containers USING (service_instance_id) JOIN service_instances s ON s.id = service_instance_id WHERE s.name <> ''"));
        await fixture.SqlAsync(fixture.Database.Gateway, null, $"INSERT INTO gateway_counts (id, team_id, service_instance_id, requests, errors) VALUES ('{A.Id()}', '{fixture.Blue.TeamId}', '{fixture.BlueService}', 3, 1)");
        foreach (var sql in new[] { "SELECT count(*) FROM gateway_counts", "SELECT deployment_config FROM service_instances", "SELECT count(*) FROM secrets", "UPDATE service_containers SET in_service = true" })
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(fixture.Database.Gateway, null, sql)).SqlState);
    }

    /// <summary>Two teams, each with one row in every table.</summary>
    public sealed class TwoTeams(PostgresFixture postgres) : IAsyncLifetime
    {
        readonly DatabaseFixture _inner = new(postgres);

        public TestDatabase Database => _inner.Database;
        public Actor Blue { get; private set; } = null!;
        public Actor Red { get; private set; } = null!;
        public Guid BlueService { get; private set; }
        public Guid RedService { get; private set; }

        public Task<object?> SqlAsync(string connectionString, Actor? actor, string sql) => _inner.SqlAsync(connectionString, actor, sql);
        public Task<PostgresException> RefusedAsync(string connectionString, Actor? actor, string sql) => _inner.RefusedAsync(connectionString, actor, sql);
        public Task<object?> AsPortalAsync(Actor? actor, string sql) => _inner.SqlAsync(Database.Portal, actor, sql);
        public Task<object?> AsAdminAsync(string sql) => _inner.SqlAsync(Database.Admin, null, sql);

        public async ValueTask InitializeAsync()
        {
            await _inner.InitializeAsync();
            (Blue, BlueService) = await FillAsync(20001);
            (Red, RedService) = await FillAsync(20002);
        }

        public ValueTask DisposeAsync() => _inner.DisposeAsync();

        async Task<(Actor, Guid)> FillAsync(int port)
        {
            var team = await A.TeamAsync(Database, Token);
            var user = await A.UserAsync(Database, team, Token);
            var workspace = await A.WorkspaceAsync(Database, team, Token);
            var service = await A.ServiceAsync(Database, workspace, Token);
            var other = await A.ServiceAsync(Database, workspace, Token);
            await A.DependencyAsync(Database, service, other, Token);
            var (deployment, container, archive) = (A.Id(), A.Id(), $"deployment_events_archive_{port}");
            await Database.ExecuteAsync(
                $"""
                INSERT INTO files (id, team_id, workspace_id, path, size_bytes, modified_at) VALUES ('{A.Id()}', '{team.Id}', '{workspace.Id}', '/package.json', 1, now());
                INSERT INTO topology_detections (id, team_id, workspace_id, folder_path, deployment_strategy, service_graph) VALUES ('{A.Id()}', '{team.Id}', '{workspace.Id}', '/', 'none', jsonb_build_object());
                INSERT INTO health_checks (id, team_id, service_instance_id, check_type, status, checked_at) VALUES ('{A.Id()}', '{team.Id}', '{service.Id}', 'http', 'healthy', now());
                INSERT INTO service_metrics (id, team_id, service_instance_id, metric_type, value, unit, recorded_at) VALUES ('{A.Id()}', '{team.Id}', '{service.Id}', 'cpu', 0.5, 'ratio', now());
                INSERT INTO health_rollups (team_id, service_instance_id, check_type, resolution, bucket, healthy, unhealthy, timed_out, unknown, answered, response_time_sum_ms, response_time_max_ms) VALUES ('{team.Id}', '{service.Id}', 'http', 'day', '2026-01-01+00', 1, 0, 0, 0, 1, 5, 5);
                INSERT INTO metric_rollups (team_id, service_instance_id, metric_type, unit, resolution, bucket, count, sum, min, max, last) VALUES ('{team.Id}', '{service.Id}', 'cpu', 'ratio', 'day', '2026-01-01+00', 1, 0.5, 0.5, 0.5, 0.5);
                INSERT INTO service_permissions (id, team_id, service_instance_id, user_id, permission_type, granted_by) VALUES ('{A.Id()}', '{team.Id}', '{service.Id}', '{user.Id}', 'view_logs', '{user.Id}');
                INSERT INTO deployments (id, team_id, workspace_id, engine_id, kind, requested_by, request) VALUES ('{deployment}', '{team.Id}', '{workspace.Id}', '{WellKnown.LocalEngine}', 'deploy', '{user.Id}', jsonb_build_object());
                INSERT INTO releases (id, team_id, workspace_id, number, deployment_id, services) VALUES ('{A.Id()}', '{team.Id}', '{workspace.Id}', 1, '{deployment}', jsonb_build_array());
                INSERT INTO deployment_steps (id, team_id, deployment_id, service_instance_id, ordinal, wave, kind) VALUES ('{A.Id()}', '{team.Id}', '{deployment}', '{service.Id}', 1, 0, 'build');
                INSERT INTO service_containers (id, team_id, service_instance_id, engine_id, replica, epoch, spec_hash, container_name, image_id) VALUES ('{container}', '{team.Id}', '{service.Id}', '{WellKnown.LocalEngine}', 1, 1, 'x', 'x', 'x');
                INSERT INTO port_reservations (id, engine_id, team_id, service_instance_id, port, use, container_port) VALUES ('{A.Id()}', '{WellKnown.LocalEngine}', '{team.Id}', '{service.Id}', {port}, 'gateway', 80);
                INSERT INTO detection_corrections (id, team_id, workspace_id, kind, folder_path, service_name, corrected_by) VALUES ('{A.Id()}', '{team.Id}', '{workspace.Id}', 'no_service', '/x', 'x', '{user.Id}');
                INSERT INTO secrets (id, team_id, workspace_id, name, ciphertext, updated_by) VALUES ('{A.Id()}', '{team.Id}', '{workspace.Id}', 'TOKEN', '{new string('x', 30)}', '{user.Id}');
                SELECT append_event('{A.Id()}', '{team.Id}', '{service.Id}', 'service_started', jsonb_build_object());
                SELECT append_audit_event('{A.Id()}', '{team.Id}', 'tested', jsonb_build_object());
                INSERT INTO audit_anchors VALUES ({port}, '{team.Id}', '{service.Id}', 1, 1, now(), sha256(''), decode('0123456789abcdef', 'hex'), now(), '', sha256(''));
                CREATE TABLE {archive} PARTITION OF deployment_events_archive FOR VALUES FROM ('{port - 18000}-01-01') TO ('{port - 18000}-01-02');
                INSERT INTO deployment_events_archive SELECT id, '{port - 18000}-01-01', team_id, service_instance_id, event_type, event_data, error_message, duration_ms, sequence_num, user_id, hash FROM deployment_events WHERE team_id = '{team.Id}';
                ALTER TABLE {archive} ENABLE ROW LEVEL SECURITY;
                ALTER TABLE {archive} FORCE ROW LEVEL SECURITY;
                CREATE POLICY owner ON {archive} TO kyozo_owner USING (true) WITH CHECK (true);
                """, Token);
            return (new Actor(user.Id, team.Id), service.Id);
        }
    }
}
