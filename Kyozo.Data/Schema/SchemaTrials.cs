using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Tries in a transaction that is rolled back what the catalogs only promise: that a service and an analysis can be made from a workspace alone, that the trail counts, that each rule refuses what it is there to refuse, that the hot queries find their indexes.</summary>
static class SchemaTrials
{
    // Ids that no row has: everything here is gone at the end.
    const string Engine = "00000000-0000-7000-8000-0000000000e0", Team = "00000000-0000-7000-8000-0000000000e1", Workspace = "00000000-0000-7000-8000-0000000000e2";
    const string First = "00000000-0000-7000-8000-0000000000e3", Second = "00000000-0000-7000-8000-0000000000e4", Detection = "00000000-0000-7000-8000-0000000000e5";
    const string Check = "00000000-0000-7000-8000-0000000000e6", OtherTeam = "00000000-0000-7000-8000-0000000000e7";

    static readonly (string Name, string Sql, string? Witness)[] Steps =
    [
        ("a team and its workspace",
            $"""
            INSERT INTO engines (id, name, endpoint) VALUES ('{Engine}', 'kyozo-db-verify', 'unix:///nowhere');
            INSERT INTO teams (id, name, slug) VALUES ('{Team}', 'Verify', 'kyozo-db-verify'), ('{OtherTeam}', 'Other', 'kyozo-db-verify-other');
            INSERT INTO workspaces (id, team_id, engine_id, name, slug, root_path) VALUES ('{Workspace}', '{Team}', '{Engine}', 'Verify', 'verify', '/verify');
            """, null),
        ("a service from a workspace alone",
            $"""
            INSERT INTO service_instances (id, name, folder_path, service_type, workspace_id)
                VALUES ('{First}', 'test-service', '/test', 'nodejs', '{Workspace}'), ('{Second}', 'other-service', '/other', 'postgres', '{Workspace}');
            """, $"SELECT team_id = '{Team}' AND status = 'detected' FROM service_instances WHERE id = '{First}'"),
        ("an analysis from a workspace alone",
            $"INSERT INTO topology_detections (id, workspace_id, folder_path) VALUES ('{Detection}', '{Workspace}', '/test');",
            $"SELECT team_id = '{Team}' FROM topology_detections WHERE id = '{Detection}'"),
        ("a file",
            $"INSERT INTO files (id, team_id, workspace_id, path, size_bytes, modified_at, is_service_indicator, detected_technologies) VALUES ('{Check}', '{Team}', '{Workspace}', '/test/package.json', 2, now(), true, ARRAY['nodejs']);", null),
        ("a dependency",
            $"INSERT INTO service_dependencies (id, team_id, workspace_id, service_instance_id, depends_on_id, dependency_type) VALUES ('{Check}', '{Team}', '{Workspace}', '{First}', '{Second}', 'requires');", null),
        ("an event of today, numbered and chained",
            $$"""
            SELECT append_event('{{Check}}', '{{Team}}', '{{First}}', 'service_started', '{}');
            SELECT append_event('{{Detection}}', '{{Team}}', '{{First}}', 'service_stopped', '{}');
            """, $"SELECT array_agg(sequence_num ORDER BY sequence_num) = ARRAY[1, 2]::bigint[] AND bool_and(length(hash) = 32) FROM deployment_events WHERE service_instance_id = '{First}'"),
        ("a health check of today",
            $"INSERT INTO health_checks (id, checked_at, team_id, service_instance_id, check_type, status, response_time_ms) VALUES ('{Check}', now(), '{Team}', '{First}', 'http', 'healthy', 1.5);", null),
        ("a measured value of today",
            $"INSERT INTO service_metrics (id, recorded_at, team_id, service_instance_id, metric_type, value, unit) VALUES ('{Check}', now(), '{Team}', '{First}', 'cpu', 0.5, 'ratio');", null),
        ("a permission",
            $"INSERT INTO service_permissions (id, team_id, service_instance_id, user_id, permission_type, granted_by) SELECT '{Check}', '{Team}', '{First}', id, 'view_logs', id FROM users ORDER BY created_at LIMIT 1;", null),
        ("a line of the audit trail", $$"""SELECT append_audit_event('{{Check}}', '{{Team}}', 'verified', '{}');""", $"SELECT count(*) = 1 FROM audit_events WHERE team_id = '{Team}'"),
    ];

    static readonly (string Rule, string Sql)[] Refusals =
    [
        // The requirement's own example, as it stands there.
        ("valid_service_type", "INSERT INTO service_instances (id, name, folder_path, service_type, workspace_id, team_id) VALUES (uuid_generate_v4(), 'test', '/path', 'invalid_type', uuid_generate_v4(), uuid_generate_v4())"),
        ("valid_status", $"UPDATE service_instances SET status = 'invalid' WHERE id = '{First}'"),
        ("valid_folder_path", $"UPDATE service_instances SET folder_path = 'relative' WHERE id = '{First}'"),
        ("fk_service_instances_workspaces_team_id_workspace_id", $"INSERT INTO service_instances (id, name, folder_path, service_type, workspace_id, team_id) VALUES ('{Check}', 'foreign', '/path', 'nodejs', '{Workspace}', '{OtherTeam}')"),
        ("ix_service_instances_workspace_id_name", $"INSERT INTO service_instances (id, name, folder_path, service_type, workspace_id) VALUES ('{Check}', 'test-service', '/path', 'nodejs', '{Workspace}')"),
        ("valid_deployment_strategy", $"UPDATE topology_detections SET deployment_strategy = 'invalid' WHERE id = '{Detection}'"),
        ("valid_analysis_confidence", $"UPDATE files SET analysis_confidence = 1.5 WHERE id = '{Check}'"),
        ("valid_dependency_type", $"UPDATE service_dependencies SET dependency_type = 'invalid' WHERE id = '{Check}'"),
        ("no_self_dependency", $"UPDATE service_dependencies SET depends_on_id = service_instance_id WHERE id = '{Check}'"),
        ("no_dependency_cycle", Edge("requires")),
        ("no_requires_and_conflicts", Edge("conflicts")),
        ("valid_event_type", $$"""SELECT append_event('{{Workspace}}', '{{Team}}', '{{First}}', 'invalid', '{}')"""),
        ("valid_check_type", $"UPDATE health_checks SET check_type = 'invalid' WHERE service_instance_id = '{First}'"),
        ("valid_health_status", $"UPDATE health_checks SET status = 'invalid' WHERE service_instance_id = '{First}'"),
        ("valid_metric_type", $"UPDATE service_metrics SET metric_type = 'invalid' WHERE service_instance_id = '{First}'"),
        ("valid_value", $"UPDATE service_metrics SET value = 1.5 WHERE service_instance_id = '{First}'"),
        ("valid_permission_type", $"UPDATE service_permissions SET permission_type = 'invalid' WHERE service_instance_id = '{First}'"),
    ];

    static readonly (string Name, string Sql)[] Queries =
    [
        ("recent deployment events", $"SELECT * FROM deployment_events WHERE service_instance_id = '{First}' AND occurred_at > NOW() - INTERVAL '7 days' ORDER BY occurred_at DESC"),
        ("service health status", $"SELECT * FROM health_checks WHERE service_instance_id = '{First}' AND status = 'healthy' ORDER BY checked_at DESC LIMIT 1"),
        ("workspace services by status", $"SELECT * FROM service_instances WHERE team_id = '{Team}' AND workspace_id = '{Workspace}' AND status = 'running'"),
    ];

    /// <summary>Tries everything; nothing of it stays.</summary>
    public static async Task<IReadOnlyList<VerifiedItem>> RunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var items = new List<VerifiedItem>();
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync($"SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = '60s'; SET LOCAL enable_seqscan = off; SET LOCAL ROLE {DatabaseRoles.Owner}", cancellationToken);

        foreach (var (name, sql, witness) in Steps)
            items.Add(new("basic functionality", name, await TryAsync(transaction, async () => await StepAsync(connection, sql, witness, cancellationToken), cancellationToken)));
        foreach (var (rule, sql) in Refusals)
            items.Add(new("constraint enforced", rule, await TryAsync(transaction, () => RefusalAsync(connection, rule, sql, cancellationToken), cancellationToken)));
        foreach (var (name, sql) in Queries)
            items.Add(new("index used", name, await TryAsync(transaction, () => PlanAsync(connection, sql, cancellationToken), cancellationToken)));

        await transaction.RollbackAsync(cancellationToken);
        return items;
    }

    static string Edge(string type) =>
        $"INSERT INTO service_dependencies (id, team_id, workspace_id, service_instance_id, depends_on_id, dependency_type) VALUES ('{Detection}', '{Team}', '{Workspace}', '{Second}', '{First}', '{type}')";

    // What fails takes only itself back, so that the next can be tried.
    static async Task<string?> TryAsync(NpgsqlTransaction transaction, Func<Task<string?>> trial, CancellationToken cancellationToken)
    {
        await transaction.SaveAsync("trial", cancellationToken);
        try
        {
            var fault = await trial();
            await transaction.ReleaseAsync("trial", cancellationToken);
            return fault;
        }
        catch (PostgresException e)
        {
            await transaction.RollbackAsync("trial", cancellationToken);
            return e.MessageText;
        }
    }

    static async Task<string?> StepAsync(NpgsqlConnection connection, string sql, string? witness, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(sql, cancellationToken);
        if (witness is null) return null;
        await using var command = new NpgsqlCommand(witness, connection);
        return await command.ExecuteScalarAsync(cancellationToken) is true ? null : "was written, but is not as it should be";
    }

    static async Task<string?> RefusalAsync(NpgsqlConnection connection, string rule, string sql, CancellationToken cancellationToken)
    {
        await using (var save = new NpgsqlCommand("SAVEPOINT refusal", connection)) await save.ExecuteNonQueryAsync(cancellationToken);
        string? fault = null;
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            var rows = await command.ExecuteNonQueryAsync(cancellationToken);
            fault = rows == 0 ? "could not be tried: there is no row" : "does not refuse what it is there to refuse";
        }
        catch (PostgresException e) when (e.ConstraintName == rule)
        {
            // This is what it is there for.
        }
        catch (PostgresException e)
        {
            fault = $"does not refuse what it is there to refuse; this does: {e.MessageText}";
        }

        await using var back = new NpgsqlCommand("ROLLBACK TO SAVEPOINT refusal", connection);
        await back.ExecuteNonQueryAsync(cancellationToken);
        return fault;
    }

    // With scans switched off PostgreSQL still scans where no index serves.
    static async Task<string?> PlanAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"EXPLAIN {sql}", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetString(0).Contains("Seq Scan", StringComparison.Ordinal)) return $"finds no index: {reader.GetString(0).Trim()}";
        }

        return null;
    }
}
