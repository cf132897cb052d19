using System.Net;
using Kyozo.Testing;
using Kyozo.Web.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Kyozo.Web.Tests.Running;

/// <summary>SAFETY A-61: the first run belongs to whoever holds the console's token, once.</summary>
public sealed class SetupTests(PostgresFixture postgres) : IAsyncLifetime
{
    const string Token = "a-token-of-forty-random-characters-00001";
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    TestDatabase _database = null!;
    PortalHost _portal = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Cancelled);
        _portal = new PortalHost(_database);
        await File.WriteAllTextAsync(TokenFile, Token + "\n", Cancelled);
    }

    string TokenFile => Path.Combine(_portal.Home, "keys", "setup-token");

    [Fact]
    public async Task Whoever_shows_the_token_becomes_owner_and_is_signed_in()
    {
        using var browser = _portal.Browse();
        using var answer = await SetUpAsync(browser, Token);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Contains("Point Kyozo at a folder", await browser.ReadAsync("/", Cancelled), StringComparison.Ordinal);
        Assert.Equal("owner", await _database.ReadAsync<string>("SELECT role FROM team_memberships m JOIN users u ON u.id = m.user_id WHERE u.email = 'ada@example.com'", Cancelled));
        Assert.False(File.Exists(TokenFile));
    }

    [Fact]
    public async Task Of_two_browsers_at_the_same_moment_one_is_too_late()
    {
        using var one = _portal.Browse();
        using var other = _portal.Browse();
        var answers = await Task.WhenAll(SetUpAsync(one, Token, "one@example.com"), SetUpAsync(other, Token, "other@example.com"));

        Assert.Equal([HttpStatusCode.Redirect, HttpStatusCode.Conflict], answers.Select(answer => answer.StatusCode).Order());
        Assert.Equal(1L, await _database.ReadAsync<long>("SELECT count(*) FROM users WHERE is_installation_admin", Cancelled));
        Assert.Equal(1L, await _database.ReadAsync<long>("SELECT count(*) FROM users WHERE email IS NOT NULL", Cancelled));
    }

    [Fact]
    public async Task After_the_first_it_is_closed_for_ever()
    {
        using var first = _portal.Browse();
        using var done = await SetUpAsync(first, Token);
        await File.WriteAllTextAsync(TokenFile, Token, Cancelled);

        using var late = _portal.Browse();
        var form = await late.ReadAsync("/account/login", Cancelled);
        using var answer = await late.SubmitAsync("/account/login", Fields(Token, "late@example.com", "sign-in is not set-up"), Cancelled, action: "/setup");

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("This installation is set up", await late.ReadAsync("/setup", Cancelled), StringComparison.Ordinal);
        Assert.DoesNotContain("Set up", form, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a wrong token of the very same length 0002")]
    [InlineData("")]
    public async Task A_wrong_token_makes_nothing(string token)
    {
        using var browser = _portal.Browse();
        using var answer = await SetUpAsync(browser, token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(0L, await _database.ReadAsync<long>("SELECT count(*) FROM users WHERE email IS NOT NULL", Cancelled));
    }

    [Fact]
    public async Task Without_a_token_on_the_console_nobody_gets_in()
    {
        File.Delete(TokenFile);
        using var browser = _portal.Browse();
        using var answer = await SetUpAsync(browser, "");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_short_password_is_refused_and_said_why()
    {
        using var browser = _portal.Browse();
        using var answer = await browser.SubmitAsync("/setup", Fields(Token, "ada@example.com", "short"), Cancelled);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("at least 12 characters", await answer.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_portal_that_is_started_by_itself_makes_the_token_it_shows_and_later_none()
    {
        await using (var portal = new PortalHost(_database, showSetupLink: true))
        {
            var file = Path.Combine(portal.Home, "keys", "setup-token");
            await Eventually.TrueAsync("the token is there", TimeSpan.FromSeconds(20), () => Task.FromResult(File.Exists(file)), Cancelled);
            using var browser = portal.Browse();
            using var answer = await SetUpAsync(browser, (await File.ReadAllTextAsync(file, Cancelled)).Trim());
            Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        }

        await using var later = new PortalHost(_database, showSetupLink: true);
        using var announcement = later.Services.GetServices<IHostedService>().OfType<SetupAnnouncement>().Single();
        await announcement.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(20), Cancelled);
        Assert.False(File.Exists(Path.Combine(later.Home, "keys", "setup-token")));
    }

    static Task<HttpResponseMessage> SetUpAsync(PortalBrowser browser, string token, string email = "ada@example.com") =>
        browser.SubmitAsync("/setup", Fields(token, email, "correct horse battery"), Cancelled);

    static Dictionary<string, string> Fields(string token, string email, string password) => new()
    {
        ["_handler"] = "setup",
        ["Input.Token"] = token,
        ["Input.Team"] = "Tea",
        ["Input.Name"] = "Ada",
        ["Input.Email"] = email,
        ["Input.Password"] = password,
    };

    public async ValueTask DisposeAsync()
    {
        await _portal.DisposeAsync();
        await _database.DisposeAsync();
    }
}
