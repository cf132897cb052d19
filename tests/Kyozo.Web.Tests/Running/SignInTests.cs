using System.Net;
using Kyozo.Testing;
using Kyozo.Web.Tests.Seeding;

namespace Kyozo.Web.Tests.Running;

/// <summary>SAFETY A-63, A-65, A-66, A-70.</summary>
public sealed class SignInTests(RunningPortal running, PostgresFixture postgres) : IClassFixture<RunningPortal>
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_signing_in_every_page_leads_to_the_door()
    {
        using var browser = running.Portal.Browse();
        foreach (var page in (string[])["/", "/workspaces", "/permissions", "/audit", "/admin/jobs", $"/s/{running.Ours.Services["web"].Id}"])
        {
            using var answer = await browser.GetAsync(page, Cancelled);
            Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
            Assert.StartsWith("/account/login?returnUrl=", answer.Headers.Location!.PathAndQuery, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_account_are_told_in_the_same_words()
    {
        using var browser = running.Portal.Browse();
        foreach (var email in (string[])["grace@example.com", "nobody@example.com", "operator"])
        {
            using var answer = await TryAsync(browser, email, "wrong password");
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Contains("E-mail or password is wrong.", await answer.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_the_account_and_leave_others_alone()
    {
        using var guesser = running.Portal.Browse();
        for (var i = 0; i < 5; i++) (await TryAsync(guesser, "linus-coffee@example.com", "wrong password")).Dispose();

        using var right = await TryAsync(guesser, "linus-coffee@example.com", Shop.Password);
        Assert.Equal(HttpStatusCode.Unauthorized, right.StatusCode);
        Assert.Contains("locked for five minutes", await right.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        using var other = await running.SignedInAsync("grace-coffee@example.com", Cancelled);
        Assert.Equal(1L, await running.Database.ReadAsync<long>(
            $"SELECT least(count(*), 1) FROM audit_events WHERE action = 'lockout' AND actor_id = '{running.Theirs.Linus.Id}'", Cancelled));
    }

    [Fact]
    public async Task One_address_may_try_only_so_often()
    {
        await using var database = await postgres.CreateDatabaseAsync(Cancelled);
        await using var portal = new PortalHost(database);
        using var guesser = portal.Browse();
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 55; i++)
        {
            using var answer = await guesser.Http.PostAsync(new Uri("/account/login", UriKind.Relative), null, Cancelled);
            answers.Add(answer.StatusCode);
        }

        Assert.Contains(HttpStatusCode.TooManyRequests, answers);
    }

    [Theory]
    [InlineData("/workspaces", "/workspaces")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("https:evil.example", "/")]
    [InlineData("https://evil.example/", "/")]
    public async Task After_signing_in_one_stays_in_the_portal(string returnUrl, string leadsTo)
    {
        using var browser = running.Portal.Browse();
        using var answer = await TryAsync(browser, "ada@example.com", Shop.Password, $"?returnUrl={Uri.EscapeDataString(returnUrl)}");

        Assert.Equal(new Uri(running.Portal.Address, leadsTo), new Uri(running.Portal.Address, answer.Headers.Location!));
    }

    [Fact]
    public async Task The_cookie_is_out_of_reach_of_scripts_and_other_sites()
    {
        using var browser = running.Portal.Browse();
        using var answer = await TryAsync(browser, "ada@example.com", Shop.Password);
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith("kyozo=", StringComparison.Ordinal));

        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("/account/login")]
    [InlineData("/account/logout")]
    [InlineData("/account/team")]
    [InlineData("/setup")]
    public async Task A_form_without_its_token_is_refused(string action)
    {
        using var browser = await running.SignedInAsync("ada@example.com", Cancelled);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["_handler"] = "sign-in", ["team"] = running.Ours.Team.Id.ToString() });
        using var answer = await browser.Http.PostAsync(new Uri(action, UriKind.Relative), form, Cancelled);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Signing_out_is_a_form_and_ends_the_session()
    {
        using var browser = await running.SignedInAsync("ada@example.com", Cancelled);
        using var got = await browser.GetAsync("/account/logout", Cancelled);
        Assert.NotEqual(HttpStatusCode.Redirect, got.StatusCode);
        using var posted = await browser.SubmitAsync("/account", new Dictionary<string, string>(), Cancelled, action: "/account/logout");
        Assert.Equal(HttpStatusCode.Redirect, posted.StatusCode);
        using var after = await browser.GetAsync("/", Cancelled);

        Assert.Equal(HttpStatusCode.Redirect, after.StatusCode);
    }

    static Task<HttpResponseMessage> TryAsync(PortalBrowser browser, string email, string password, string query = "") =>
        browser.SubmitAsync("/account/login" + query, new Dictionary<string, string> { ["Input.User"] = email, ["Input.Password"] = password }, Cancelled);
}
