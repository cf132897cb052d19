using System.Text.Json;
using System.Text.RegularExpressions;
using Kyozo.Web.Components.Pages.Events;

namespace Kyozo.Web.Tests.Running;

/// <summary>The audit list over live table and archive, and its export (SAFETY A-42, A-50, A-53).</summary>
public sealed partial class AuditTests(RunningPortal running) : IClassFixture<RunningPortal>, IAsyncLifetime
{
    static readonly SemaphoreSlim Once = new(1, 1);
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>A long trail of web, and two lines of the archive from two years ago, one of each team.</summary>
    public async ValueTask InitializeAsync()
    {
        await Once.WaitAsync(Cancelled);
        try
        {
            if (await running.Database.ReadAsync<long>("SELECT count(*) FROM deployment_events_archive", Cancelled) > 0) return;
            var (ours, theirs) = (running.Ours.Services["web"], running.Theirs.Services["web"]);
            await running.Database.ExecuteAsync(
                $$"""
                SELECT append_event(uuid_generate_v4(), '{{ours.TeamId}}', '{{ours.Id}}', 'service_restarted', jsonb_build_object('reason', '=HYPERLINK("http://example.com")', 'n', n)) FROM generate_series(1, 2100) n;
                CREATE TABLE deployment_events_archive_old PARTITION OF deployment_events_archive FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
                INSERT INTO deployment_events_archive SELECT uuid_generate_v4(), '2024-06-01 12:00+00', team_id, id, 'service_stopped', jsonb_build_object('reason', 'long ago'), NULL, NULL, 1, NULL, sha256('')
                FROM service_instances WHERE id IN ('{{ours.Id}}', '{{theirs.Id}}');
                """,
                Cancelled);
        }
        finally
        {
            Once.Release();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_export_has_every_line_of_the_team_once_newest_first_and_none_of_another()
    {
        var lines = await ExportAsync("ada@example.com", "");

        var services = running.Ours.Services.Values.Select(service => service.Id).ToHashSet();
        Assert.All(lines, line => Assert.Contains(line.GetProperty("onId").GetGuid(), services));
        Assert.Equal(lines.Count, lines.Select(line => line.GetProperty("id").GetGuid()).Distinct().Count());
        Assert.Equal(await running.Database.ReadAsync<long>($"SELECT count(*) FROM (SELECT team_id FROM deployment_events UNION ALL SELECT team_id FROM deployment_events_archive) e WHERE team_id = '{running.Ours.Team.Id}'", Cancelled), lines.Count);
        var moments = lines.Select(line => line.GetProperty("at").GetDateTimeOffset()).ToList();
        Assert.Equal(moments.OrderDescending(), moments);
        Assert.Equal(2024, moments[^1].Year);
    }

    [Fact]
    public async Task The_export_stands_in_the_trail()
    {
        await ExportAsync("grace@example.com", "&action=service_started");

        Assert.Contains("service_started", await running.Database.ReadAsync<string>(
            $"SELECT data::text FROM audit_events WHERE action = 'trail_exported' AND actor_id = '{running.Ours.Grace.Id}' AND team_id = '{running.Ours.Team.Id}' ORDER BY sequence_num DESC LIMIT 1", Cancelled), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("&text=LONG ago", 1)]
    [InlineData("&to=2024-06-01", 1)]
    [InlineData("&from=2024-06-01&to=2024-06-01", 1)]
    [InlineData("&to=2024-05-31", 0)]
    [InlineData("&from=2024-06-02&to=2024-06-03", 0)]
    [InlineData("&action=service_stopped", 1)]
    [InlineData("&text=%25_%25", 0)]
    [InlineData("&text=' OR true --", 0)]
    [InlineData("&text=nobody wrote this", 0)]
    public async Task Filters_find_what_they_say_in_the_archive_too(string filters, int found) =>
        Assert.Equal(found, (await ExportAsync("ada@example.com", filters)).Count);

    [Fact]
    public async Task Filters_by_service_and_person_find_only_theirs()
    {
        var api = running.Ours.Services["api"].Id;
        Assert.All(await ExportAsync("ada@example.com", $"&service={api}"), line => Assert.Equal(api, line.GetProperty("onId").GetGuid()));
        var byAda = await ExportAsync("ada@example.com", $"&actor={running.Ours.Ada.Id}");
        Assert.Equal(2 * running.Ours.Services.Count, byAda.Count);
        Assert.Empty(await ExportAsync("ada@example.com", $"&service={running.Theirs.Services["web"].Id}"));
    }

    [Fact]
    public async Task A_message_of_a_failure_is_neither_shown_nor_found_without_view_logs()
    {
        var worker = running.Ours.Services["worker"].Id;
        Assert.Contains("ECONNREFUSED", Assert.Single(await ExportAsync("ada@example.com", "&text=econnrefused")).GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(await ExportAsync("linus@example.com", "&text=econnrefused"));

        var hidden = Assert.Single(await ExportAsync("linus@example.com", $"&service={worker}&action=health_check_failed"));
        Assert.Equal(EventLine.Hidden, hidden.GetProperty("error").GetString());
        using var linus = await running.SignedInAsync("linus@example.com", Cancelled);
        foreach (var page in new[] { $"/audit?service={worker}", "/audit?action=health_check_failed", $"/audit/export?format=csv&service={worker}" })
            Assert.DoesNotContain("ECONNREFUSED", await linus.ReadAsync(page, Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_down_into_the_archive()
    {
        using var browser = await running.SignedInAsync("ada@example.com", Cancelled);
        var (page, pages) = ("/audit", 0);
        while (true)
        {
            var html = await browser.ReadAsync(page, Cancelled);
            pages++;
            if (Older().Match(html) is not { Success: true } older)
            {
                Assert.Contains("reason long ago", html, StringComparison.Ordinal);
                break;
            }

            page = System.Net.WebUtility.HtmlDecode(older.Groups[1].Value);
        }

        Assert.Equal((2100 + 3 * running.Ours.Services.Count + 2 + 99) / 100, pages);
    }

    [Fact]
    public async Task Csv_is_no_formula_and_nobody_exports_unasked()
    {
        using var browser = await running.SignedInAsync("ada@example.com", Cancelled);
        using var answer = await browser.GetAsync($"/audit/export?format=csv&action=service_stopped", Cancelled);
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith(".csv\"", answer.Content.Headers.GetValues("Content-Disposition").Single(), StringComparison.Ordinal);
        var lines = (await answer.Content.ReadAsStringAsync(Cancelled)).Split("\r\n");
        Assert.StartsWith("at,number,what,on,", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("2024-06-01T12:00:00.000000Z,1,service_stopped,web,", lines[1], StringComparison.Ordinal);

        using var stranger = running.Portal.Browse();
        using var refused = await stranger.GetAsync("/audit/export?format=csv", Cancelled);
        Assert.NotEqual(System.Net.HttpStatusCode.OK, refused.StatusCode);
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("  =1+1", "'  =1+1")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("＝1", "'＝1")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("plain", "plain")]
    [InlineData("{\"n\": 1}", "\"{\"\"n\"\": 1}\"")]
    [InlineData(null, "")]
    public void Cells_are_quoted_and_never_formulas(string? text, string cell) => Assert.Equal(cell + "\r\n", TrailExport.Csv([text]));

    async Task<List<JsonElement>> ExportAsync(string person, string filters)
    {
        using var browser = await running.SignedInAsync(person, Cancelled);
        var text = await browser.ReadAsync($"/audit/export?format=jsonl{filters}", Cancelled);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    [GeneratedRegex("""<div class="k-more">.*?<a href="([^"]+)">Show older ones""", RegexOptions.Singleline)]
    private static partial Regex Older();
}
