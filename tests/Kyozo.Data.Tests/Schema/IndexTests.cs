using Kyozo.Data.Permissions;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

/// <summary>The seed's three optimized queries and the permission check use an index, as the portal, behind row level security.</summary>
public sealed class IndexTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_hot_queries_scan_no_table()
    {
        var team = await A.TeamAsync(fixture.Database, Token);
        var user = await A.UserAsync(fixture.Database, team, Token);
        var workspace = await A.WorkspaceAsync(fixture.Database, team, Token);
        var service = await A.ServiceAsync(fixture.Database, workspace, Token);
        await fixture.Database.ExecuteAsync(
            $"""
            INSERT INTO service_instances (id, team_id, workspace_id, name, folder_path, service_type)
                SELECT gen_random_uuid(), '{team.Id}', '{workspace.Id}', 's' || n, '/', 'nodejs' FROM generate_series(1, 2000) n;
            INSERT INTO health_checks (id, team_id, service_instance_id, check_type, status, checked_at)
                SELECT gen_random_uuid(), s.team_id, s.id, 'http', 'healthy', now() - n * interval '1 second' FROM service_instances s, generate_series(1, 10) n;
            INSERT INTO deployment_events (id, team_id, service_instance_id, event_type, event_data, sequence_num, occurred_at, hash)
                SELECT gen_random_uuid(), s.team_id, s.id, 'service_started', '{"{}"}', n, now() - n * interval '1 second', '' FROM service_instances s, generate_series(1, 10) n;
            INSERT INTO service_permissions (id, team_id, service_instance_id, user_id, permission_type, granted_by)
                SELECT gen_random_uuid(), s.team_id, s.id, '{user.Id}', 'view_logs', '{user.Id}' FROM service_instances s;
            ANALYZE service_instances, health_checks, deployment_events, service_permissions;
            """, Token);
        var actor = new Actor(user.Id, team.Id);

        await UsesAsync(actor, "service_instance_id_occurred_at", $"SELECT * FROM deployment_events WHERE service_instance_id = '{service.Id}' AND occurred_at > now() - interval '7 days' ORDER BY occurred_at DESC");
        await UsesAsync(actor, "service_instance_id_status_checked", $"SELECT * FROM health_checks WHERE service_instance_id = '{service.Id}' AND status = 'healthy' ORDER BY checked_at DESC LIMIT 1");
        await UsesAsync(actor, "ix_service_instances_team_id_workspace_id_status", $"SELECT * FROM service_instances WHERE team_id = '{team.Id}' AND workspace_id = '{workspace.Id}' AND status = 'running'");
        await UsesAsync(actor, "ix_service_permissions", $"SELECT permission_type FROM service_permissions WHERE team_id = '{team.Id}' AND service_instance_id = '{service.Id}' AND user_id = '{user.Id}' AND revoked_at IS NULL");
    }

    async Task UsesAsync(Actor actor, string index, string query)
    {
        await using var connection = new NpgsqlConnection(fixture.Database.Portal);
        await connection.OpenAsync(Token);
        await using var tenancy = new NpgsqlCommand($"SELECT set_config('app.team_id', '{actor.TeamId}', false)", connection);
        await tenancy.ExecuteNonQueryAsync(Token);
        await using var explain = new NpgsqlCommand($"EXPLAIN (ANALYZE, TIMING off) {query}", connection);
        await using var reader = await explain.ExecuteReaderAsync(Token);
        var lines = new List<string>();
        while (await reader.ReadAsync(Token)) lines.Add(reader.GetString(0));
        var plan = string.Join('\n', lines);

        // Of the partitions that hold no row a scan is as good as an index.
        Assert.DoesNotContain(lines, line => line.Contains("Seq Scan", StringComparison.Ordinal) && !line.Contains("rows=0 loops=", StringComparison.Ordinal) && !line.Contains("never executed", StringComparison.Ordinal));
        Assert.True(plan.Contains(index, StringComparison.Ordinal), $"{index} is not used:\n{plan}");
    }
}
