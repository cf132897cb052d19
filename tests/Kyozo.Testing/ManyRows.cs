namespace Kyozo.Testing;

/// <summary>Fills what a migration made with a few thousand rows, for tests that interrupt migrations or take them back.</summary>
public static class ManyRows
{
    /// <summary>Rows of each of the tables that grow.</summary>
    public static int Count { get; } = Extent.Of(2000, 10_000);
    const int Workspaces = 100;

    /// <summary>Statements by the name of the migration after which they can run, in its order.</summary>
    public static IReadOnlyDictionary<string, string> Statements { get; } = new Dictionary<string, string>
    {
        ["CreateCoreTables"] =
            $"""
            INSERT INTO teams (id, name, slug) SELECT md5('team ' || i)::uuid, 'Team ' || i, 'many-' || i FROM generate_series(0, 9) i;
            INSERT INTO workspaces (id, team_id, engine_id, name, slug, root_path)
                SELECT md5('workspace ' || i)::uuid, md5('team ' || i % 10)::uuid, (SELECT min(id::text)::uuid FROM engines), 'Workspace ' || i, 'many-' || i, '/srv/many/' || i
                FROM generate_series(0, {Workspaces - 1}) i;
            INSERT INTO files (id, team_id, workspace_id, path, size_bytes, modified_at)
                SELECT md5('file ' || i)::uuid, w.team_id, w.id, '/file-' || i, i, now()
                FROM generate_series(1, {Count}) i JOIN workspaces w ON w.slug = 'many-' || i % {Workspaces};
            """,
        ["CreateTopologyDetections"] =
            $$"""
            INSERT INTO topology_detections (id, team_id, workspace_id, folder_path, service_graph, deployment_strategy)
                SELECT md5('detection ' || i)::uuid, w.team_id, w.id, '/', '{}', 'none'
                FROM generate_series(1, {{Count}}) i JOIN workspaces w ON w.slug = 'many-' || i % {{Workspaces}};
            """,
        ["CreateServiceInstances"] =
            $"""
            INSERT INTO service_instances (id, team_id, workspace_id, topology_detection_id, name, folder_path, service_type)
                SELECT md5('service ' || i)::uuid, w.team_id, w.id, md5('detection ' || i)::uuid, 'service-' || i, '/service-' || i, 'nodejs'
                FROM generate_series(1, {Count}) i JOIN workspaces w ON w.slug = 'many-' || i % {Workspaces};
            """,
        ["CreateDeploymentEvents"] = "SELECT append_event(md5('event ' || id)::uuid, team_id, id, 'service_started', '{}') FROM service_instances WHERE name LIKE 'service-%';",
        ["CreateServiceDependencies"] =
            $"""
            INSERT INTO service_dependencies (id, team_id, workspace_id, service_instance_id, depends_on_id, dependency_type)
                SELECT md5('dependency ' || s.id)::uuid, s.team_id, s.workspace_id, s.id, md5('service ' || (i + {Workspaces}))::uuid, 'requires'
                FROM generate_series(1, {Count - Workspaces}) i JOIN service_instances s ON s.id = md5('service ' || i)::uuid
                WHERE i / {Workspaces} % 2 = 0;
            """,
        ["CreateHealthChecks"] = "INSERT INTO health_checks (id, checked_at, team_id, service_instance_id, check_type, status) SELECT md5('check ' || id)::uuid, now(), team_id, id, 'http', 'healthy' FROM service_instances WHERE name LIKE 'service-%';",
        ["CreateServiceMetrics"] = "INSERT INTO service_metrics (id, recorded_at, team_id, service_instance_id, metric_type, value, unit) SELECT md5('metric ' || id)::uuid, now(), team_id, id, 'cpu', 0.5, 'ratio' FROM service_instances WHERE name LIKE 'service-%';",
        ["CreateServicePermissions"] = "INSERT INTO service_permissions (id, team_id, service_instance_id, user_id, permission_type, granted_by) SELECT md5('permission ' || s.id)::uuid, s.team_id, s.id, u.id, 'view_logs', u.id FROM service_instances s, users u WHERE s.name LIKE 'service-%' AND u.user_name = 'operator';",
        ["AddContainerFieldsToWorkspaces"] = """UPDATE workspaces SET auto_deploy_enabled = true, service_topology = '{"services": []}', deployment_environment = 'staging' WHERE slug LIKE 'many-%';""",
        ["AddServiceFieldsToFiles"] = "UPDATE files SET is_service_indicator = true, detected_technologies = ARRAY['nodejs'], analysis_confidence = 0.9 WHERE path LIKE '/file-%';",
        ["CreateAuditEvents"] = "SELECT append_audit_event(md5('audit ' || w.id || i)::uuid, w.team_id, 'tested', '{}') FROM workspaces w, generate_series(1, 10) i WHERE w.slug LIKE 'many-%';",
        ["CreateDeployments"] = "INSERT INTO deployments (id, team_id, workspace_id, engine_id, kind, requested_by, request) SELECT md5('deployment ' || w.id)::uuid, w.team_id, w.id, w.engine_id, 'deploy', u.id, '{}' FROM workspaces w, users u WHERE w.slug LIKE 'many-%' AND u.user_name = 'operator';",
    };

    /// <summary>Fills everything.</summary>
    public static async Task FillAsync(TestDatabase database, CancellationToken cancellationToken)
    {
        foreach (var statement in Statements.Values) await database.ExecuteAsync(statement, cancellationToken);
    }
}
