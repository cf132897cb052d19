using System.Net;
using Kyozo.Data.Schema;
using Kyozo.Testing;
using Kyozo.Web.Tests.Seeding;

namespace Kyozo.Web.Tests.Running;

/// <summary>What the pages really ask as <c>kyozo_portal</c>, behind the walls between teams, is answered through an index (SAFETY T7).</summary>
public sealed class QueryPlanTests(PostgresFixture postgres)
{
    static readonly string[] Pages =
    [
        "/", "/workspaces", "/w/shop", "/w/shop/detection", "/w/shop/deployments", "/w/shop/deployments/1", "/w/shop/settings", "/permissions", "/audit", "/audit?trail=people", "/team",
    ];

    static readonly string[] Tabs = ["", "/deployments", "/health", "/metrics", "/settings"];

    // The tables that grow with use, not with the number of people or teams.
    static readonly string[] Growing =
    [
        "deployment_events", "deployment_events_archive", "audit_events", "health_checks", "service_metrics", "service_instances", "service_dependencies", "service_containers",
        "service_permissions", "deployments", "deployment_steps", "releases", "topology_detections", "files", "workspaces",
    ];

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_page_reads_a_growing_table_from_end_to_end()
    {
        await using var database = await postgres.CreateDatabaseAsync(Cancelled);
        var shop = await Shop.OpenAsync(database, Cancelled);
        await CrowdAsync(database);
        var plans = await SentPlans.WatchAsync(database, Cancelled);
        Assert.SkipWhen(plans is null, "The log of this PostgreSQL server cannot be read.");
        await using var portal = new PortalHost(database);
        using var browser = portal.Browse();
        await browser.SignInAsync("ada@example.com", Shop.Password, Cancelled);
        foreach (var page in Pages.Concat(Tabs.Select(tab => $"/s/{shop.Services["web"].Id}{tab}")))
        {
            using var answer = await browser.GetAsync(page, Cancelled);
            Assert.Equal((page, HttpStatusCode.OK), (page, answer.StatusCode));
        }

        var sent = await plans!.ReadAsync(Cancelled);

        foreach (var table in (string[])["service_instances", "deployments", "deployment_events", "health_checks", "service_metrics", "audit_events", "service_permissions"])
            Assert.Contains(sent, plan => plan.Nodes.Any(node => node.Table == table || node.Index?.Contains(table, StringComparison.Ordinal) == true));
        List<string> offences =
            [.. from plan in sent
                from node in plan.Nodes
                where node.ReadsAll && Growing.Any(table => node.Table == table || (node.Type == "Bitmap Index Scan" && node.Index!.Contains(table, StringComparison.Ordinal)))
                select $"{node.Type} of {node.Relation ?? node.Index} in: {plan.Query}"];
        Assert.True(offences.Count == 0, string.Join("\n\n", offences));
    }

    [Fact]
    public async Task The_portal_refuses_to_start_with_a_role_that_could_look_over_the_walls()
    {
        await using var database = await postgres.CreateDatabaseAsync(Cancelled);
        foreach (var (connection, fault) in ((string, string)[])[(database.Admin, "is a superuser"), (database.Maintenance, "owns tables")])
            Assert.Contains(fault, Assert.Throws<SchemaException>(() => new PortalHost(database, connectionString: connection)).Message, StringComparison.Ordinal);
    }

    // Another team with so much of everything that no index is as good as another.
    static Task CrowdAsync(TestDatabase database) => database.ExecuteAsync(
        """
        INSERT INTO teams (id, name, slug) VALUES ('11111111-1111-7111-8111-111111111111', 'Crowd', 'crowd');
        INSERT INTO workspaces (id, team_id, engine_id, name, slug, root_path)
            SELECT gen_random_uuid(), '11111111-1111-7111-8111-111111111111', (SELECT id FROM engines LIMIT 1), 'w' || n, 'w' || n, '/w' || n FROM generate_series(1, 1000) n;
        INSERT INTO service_instances (id, team_id, workspace_id, name, folder_path, service_type)
            SELECT gen_random_uuid(), team_id, id, 's' || n, '/', 'nodejs' FROM workspaces, generate_series(1, 5) n WHERE slug ~ '^w[0-9]+$';
        INSERT INTO service_permissions (id, team_id, service_instance_id, user_id, permission_type, granted_by)
            SELECT gen_random_uuid(), s.team_id, s.id, u.id, 'view_logs', u.id FROM service_instances s, (SELECT id FROM users LIMIT 1) u WHERE s.team_id = '11111111-1111-7111-8111-111111111111';
        INSERT INTO deployments (id, team_id, workspace_id, engine_id, kind, requested_by, request, status)
            SELECT gen_random_uuid(), w.team_id, w.id, w.engine_id, 'deploy', u.id, '{}', 'succeeded' FROM workspaces w, (SELECT id FROM users LIMIT 1) u, generate_series(1, 3) WHERE w.team_id = '11111111-1111-7111-8111-111111111111';
        INSERT INTO deployment_steps (id, team_id, deployment_id, ordinal, wave, kind) SELECT gen_random_uuid(), team_id, id, 1, 0, 'build' FROM deployments WHERE team_id = '11111111-1111-7111-8111-111111111111';
        INSERT INTO releases (id, team_id, workspace_id, number, deployment_id, services) SELECT gen_random_uuid(), team_id, workspace_id, number, id, '[]' FROM deployments WHERE team_id = '11111111-1111-7111-8111-111111111111';
        INSERT INTO service_containers (id, team_id, service_instance_id, engine_id, replica, epoch, spec_hash, container_name, image_id)
            SELECT gen_random_uuid(), team_id, id, (SELECT id FROM engines LIMIT 1), 1, 1, 'x', 'x', 'x' FROM service_instances WHERE team_id = '11111111-1111-7111-8111-111111111111';
        INSERT INTO service_dependencies (id, team_id, workspace_id, service_instance_id, depends_on_id, dependency_type)
            SELECT gen_random_uuid(), a.team_id, a.workspace_id, a.id, b.id, 'requires' FROM service_instances a JOIN service_instances b USING (workspace_id)
            WHERE a.name = 's1' AND b.name = 's2' AND a.team_id = '11111111-1111-7111-8111-111111111111';
        INSERT INTO files (id, team_id, workspace_id, path, size_bytes, modified_at)
            SELECT gen_random_uuid(), team_id, id, '/f' || n, 1, now() FROM workspaces, generate_series(1, 5) n WHERE team_id = '11111111-1111-7111-8111-111111111111';
        INSERT INTO topology_detections (id, workspace_id, folder_path) SELECT gen_random_uuid(), id, '/' FROM workspaces WHERE team_id = '11111111-1111-7111-8111-111111111111';
        INSERT INTO health_checks (id, checked_at, team_id, service_instance_id, check_type, status) SELECT gen_random_uuid(), now(), team_id, id, 'http', 'healthy' FROM service_instances WHERE team_id = '11111111-1111-7111-8111-111111111111';
        INSERT INTO service_metrics (id, recorded_at, team_id, service_instance_id, metric_type, value, unit) SELECT gen_random_uuid(), now(), team_id, id, 'cpu', 0.5, 'ratio' FROM service_instances WHERE team_id = '11111111-1111-7111-8111-111111111111';
        SELECT append_event(gen_random_uuid(), team_id, id, 'service_started', '{}') FROM service_instances WHERE team_id = '11111111-1111-7111-8111-111111111111';
        SELECT append_audit_event(gen_random_uuid(), '11111111-1111-7111-8111-111111111111', 'tested', '{}') FROM generate_series(1, 2000);
        ANALYZE;
        """, Cancelled);
}
