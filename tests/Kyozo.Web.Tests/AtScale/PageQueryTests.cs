using System.Net;
using Kyozo.Data.Schema;
using Kyozo.Testing;
using Kyozo.Web.Tests.Running;
using Kyozo.Web.Tests.Seeding;

namespace Kyozo.Web.Tests.AtScale;

/// <summary>Every statement that the portal's pages send, with the pages as they are, beside another team's million rows.</summary>
[Collection(AtScale.Name)]
public sealed class PageQueryTests(BigInstallation big)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    static readonly string[] Pages =
        ["/", "/workspaces", "/w/shop", "/w/shop/detection", "/w/shop/plan", "/w/shop/deployments", "/w/shop/deployments/1", "/w/shop/settings", "/permissions", "/audit", "/audit?trail=people", "/team"];

    static readonly string[] Tabs = ["", "/deployments", "/logs", "/health", "/health?only=failed", "/metrics", "/metrics?range=7d", "/settings"];

    [Fact]
    public async Task No_page_reads_a_big_table_from_end_to_end()
    {
        var plans = await PlanLog.StartAsync(big.Postgres, big.Database, DatabaseRoles.Portal, Token);
        await using var portal = new PortalHost(big.Database);
        using var browser = portal.Browse();
        await browser.SignInAsync("ada@example.com", Shop.Password, Token);
        var faults = new List<string>();
        var seen = new HashSet<string>();
        foreach (var page in Pages.Concat(Tabs.Select(tab => $"/s/{big.Shop.Services["web"].Id}{tab}")))
        {
            using var answer = await browser.GetAsync(page, Token);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{page}: {answer.StatusCode}");
            foreach (var plan in plans.Take())
            {
                seen.UnionWith(plan.Scans.Select(scan => scan.Table));
                faults.AddRange(BigInstallation.ScansWithoutIndex(plan).Select(scan => $"{page} scans {scan.Table} ({scan.RowsRead} rows): {plan.Sql}"));
            }
        }

        Assert.True(faults.Count == 0, string.Join("\n\n", faults.Distinct()));
        // The pages did come by them: otherwise nothing was shown. The query of the metrics has a test of its own in SeedQueryTests.
        var missed = BigInstallation.BigTables.Where(table => table != "service_metrics" && !seen.Any(name => name.StartsWith(table, StringComparison.Ordinal))).ToList();
        Assert.True(missed.Count == 0, $"No page came by {string.Join(", ", missed)}; they came by {string.Join(", ", seen.Order())}");
    }

    [Fact]
    public async Task The_archive_is_asked_only_for_days_that_are_no_longer_in_the_live_table()
    {
        var plans = await PlanLog.StartAsync(big.Postgres, big.Database, DatabaseRoles.Portal, Token);
        await using var portal = new PortalHost(big.Database);
        using var browser = portal.Browse();
        await browser.SignInAsync("ada@example.com", Shop.Password, Token);
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        foreach (var (from, asked) in new[] { (today.AddDays(-80), false), (today.AddDays(-200), true) })
        {
            plans.Take();
            using var answer = await browser.GetAsync($"/audit?from={from:yyyy-MM-dd}&service={big.Shop.Services["web"].Id}", Token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var statements = plans.Take().Select(plan => plan.Sql).ToList();
            Assert.Contains(statements, sql => sql.Contains("FROM deployment_events e", StringComparison.Ordinal));
            Assert.Equal(asked, statements.Any(sql => sql.Contains("deployment_events_archive", StringComparison.Ordinal)));
        }
    }
}
