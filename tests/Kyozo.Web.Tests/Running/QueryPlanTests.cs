using System.Net;
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
        Assert.Empty(
            from plan in sent
            from node in plan.Nodes
            where node.ReadsAll && Growing.Any(table => node.Table == table || (node.Type == "Bitmap Index Scan" && node.Index!.Contains(table, StringComparison.Ordinal)))
            select $"{node.Type} of {node.Relation ?? node.Index} in: {plan.Query}");
    }
}
