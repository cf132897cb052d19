using System.Net;
using System.Text.RegularExpressions;

namespace Kyozo.Web.Tests.Running;

/// <summary>What the portal sends to a browser and takes from one (SAFETY A-42, A-67, §6).</summary>
public sealed partial class OpenDoorTests(RunningPortal running) : IClassFixture<RunningPortal>
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    static readonly string[] Pages =
        ["/", "/workspaces", "/workspaces/new", "/w/shop", "/w/shop/detection", "/w/shop/plan", "/w/shop/deployments", "/w/shop/deployments/1", "/w/shop/settings", "/permissions", "/audit", "/audit?trail=people", "/team", "/account", "/admin/jobs", "/admin/jobs?only=failed", "/admin/database", "/admin/engine"];

    static readonly string[] Tabs = ["", "/deployments", "/logs", "/health", "/metrics", "/settings"];

    [Fact]
    public async Task Every_page_opens_with_its_headers_and_brings_nothing_from_elsewhere()
    {
        using var browser = await running.SignedInAsync("ada@example.com", Cancelled);
        foreach (var page in Pages.Concat(Tabs.Select(tab => $"/s/{running.Ours.Services["web"].Id}{tab}")))
        {
            using var answer = await browser.GetAsync(page, Cancelled);
            var html = await answer.Content.ReadAsStringAsync(Cancelled);

            // No worker runs here, and this page shows only what the worker tells.
            var expected = page is "/admin/engine" ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK;
            Assert.True(answer.StatusCode == expected, $"{page}: {answer.StatusCode}");
            var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
            Assert.DoesNotMatch(InlineScript(), html);
            Assert.DoesNotMatch(Elsewhere(), html);
            Assert.DoesNotContain("This page failed", html, StringComparison.Ordinal);
            Assert.Contains("<h1", html, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_a_page_needs_is_served_to_everybody()
    {
        using var browser = running.Portal.Browse();
        var html = await browser.ReadAsync("/account/login", Cancelled);
        foreach (Match asset in Asset().Matches(html))
        {
            using var answer = await browser.GetAsync("/" + asset.Groups[1].Value, Cancelled);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Another_team_s_things_look_like_things_that_never_were()
    {
        using var browser = await running.SignedInAsync("ada@example.com", Cancelled);
        var theirs = running.Theirs.Services["web"].Id;
        var never = Kyozo.Testing.A.Id();
        foreach (var tab in Tabs)
        {
            var (status, body) = await SeeAsync(browser, $"/s/{theirs}{tab}", theirs);
            var (random, empty) = await SeeAsync(browser, $"/s/{never}{tab}", never);
            Assert.Equal(HttpStatusCode.NotFound, status);
            Assert.Equal((random, empty), (status, body));
        }

        Assert.DoesNotContain(running.Theirs.Ada.UserName!, await browser.ReadAsync("/team", Cancelled), StringComparison.Ordinal);
        Assert.DoesNotContain(theirs.ToString(), await browser.ReadAsync("/permissions", Cancelled), StringComparison.Ordinal);
        var (_, foreign) = await SeeAsync(browser, $"/audit?service={theirs}", theirs);
        var (_, unknown) = await SeeAsync(browser, $"/audit?service={never}", never);
        Assert.Equal(unknown, foreign);
    }

    [Fact]
    public async Task A_wish_for_another_team_is_not_granted()
    {
        using var browser = await running.SignedInAsync("ada@example.com", Cancelled);
        using var chosen = await browser.SubmitAsync("/account", new Dictionary<string, string> { ["team"] = running.Theirs.Team.Id.ToString() }, Cancelled, action: "/account/team");
        var team = await browser.ReadAsync("/team", Cancelled);

        Assert.Contains("ada@example.com", team, StringComparison.Ordinal);
        Assert.DoesNotContain("ada-coffee@example.com", team, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/workspaces/new")]
    [InlineData("/admin/jobs")]
    public async Task A_member_is_told_that_a_page_is_not_his(string page)
    {
        using var browser = await running.SignedInAsync("linus@example.com", Cancelled);
        using var answer = await browser.GetAsync(page, Cancelled);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("You lack the permission", await answer.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    public async Task The_hub_takes_nothing_from_a_page_elsewhere(string origin, HttpStatusCode expected)
    {
        using var browser = await running.SignedInAsync("ada@example.com", Cancelled);
        foreach (var path in (string[])["/_blazor/negotiate?negotiateVersion=1", "/_blazor?id=x"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path);
            request.Headers.Add("Origin", origin);
            using var answer = await browser.Http.SendAsync(request, Cancelled);
            Assert.Equal(expected, answer.StatusCode);
        }

        using var ours = new HttpRequestMessage(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1");
        ours.Headers.Add("Origin", running.Portal.Address.GetLeftPart(UriPartial.Authority));
        using var taken = await browser.Http.SendAsync(ours, Cancelled);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task An_upload_without_the_right_to_it_is_refused()
    {
        using var browser = await running.SignedInAsync("linus@example.com", Cancelled);
        using var form = new MultipartFormDataContent { { new ByteArrayContent([1]), "files", "a.zip" } };
        using var answer = await browser.Http.PostAsync(new Uri($"/w/{running.Ours.Workspace.Id}/upload", UriKind.Relative), form, Cancelled);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    /// <summary>Status and page without what differs in every answer: the id itself, state, tokens, times.</summary>
    static async Task<(HttpStatusCode, string)> SeeAsync(PortalBrowser browser, string path, Guid id)
    {
        using var answer = await browser.GetAsync(path, Cancelled);
        var html = (await answer.Content.ReadAsStringAsync(Cancelled)).Replace(id.ToString(), "ID", StringComparison.OrdinalIgnoreCase);
        return (answer.StatusCode, Varying().Replace(html, ""));
    }

    [GeneratedRegex("<script(?![^>]*\\ssrc=)[^>]*>", RegexOptions.IgnoreCase)]
    private static partial Regex InlineScript();

    [GeneratedRegex("""(src|href|action)="(https?:)?//(?!localhost:2\d{4}")""", RegexOptions.IgnoreCase)]
    private static partial Regex Elsewhere();

    [GeneratedRegex("""(?:src|href)="([^"/:]+\.(?:css|js|svg)|_content/[^"]+)" """)]
    private static partial Regex Asset();

    [GeneratedRegex("<!--.*?-->|value=\"CfDJ8[^\"]*\"|<time.*?</time>|id=\"[^\"]*\"|for=\"[^\"]*\"", RegexOptions.Singleline)]
    private static partial Regex Varying();
}
