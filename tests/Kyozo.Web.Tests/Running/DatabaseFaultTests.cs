using System.Net;
using Kyozo.Testing;
using Kyozo.Web.Tests.Seeding;
using Npgsql;

namespace Kyozo.Web.Tests.Running;

/// <summary>The portal over a database that goes away (SAFETY F-27, F-28) or has no connection left (F-29).</summary>
public sealed class DatabaseFaultTests(PostgresFixture postgres)
{
    static readonly TimeSpan Recovery = TimeSpan.FromSeconds(60);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_its_database_the_portal_says_so_without_a_stack_trace_and_comes_back_by_itself()
    {
        await using var server = await OwnServer.StartAsync(Token);
        await Shop.OpenAsync(server.Database, Token);
        await using var portal = new PortalHost(server.Database);
        using var browser = portal.Browse();
        await browser.SignInAsync("ada@example.com", Shop.Password, Token);
        using (var before = await browser.GetAsync("/", Token)) Assert.Equal(HttpStatusCode.OK, before.StatusCode);

        await server.StopAsync(Token);
        foreach (var page in (string[])["/", "/workspaces", "/audit"])
        {
            using var answer = await browser.GetAsync(page, Token);
            var html = await answer.Content.ReadAsStringAsync(Token);
            Assert.Matches("This page failed|The database does not answer", html);
            Assert.DoesNotContain("   at ", html, StringComparison.Ordinal);
            Assert.DoesNotContain("Npgsql", html, StringComparison.Ordinal);
        }

        await server.StartAgainAsync(Token);
        await Eventually.TrueAsync("the overview is there again", Recovery, async () =>
        {
            using var answer = await browser.GetAsync("/", Token);
            return answer.StatusCode == HttpStatusCode.OK && !(await answer.Content.ReadAsStringAsync(Token)).Contains("does not answer", StringComparison.Ordinal);
        }, Token);
    }

    [Fact]
    public async Task With_every_connection_taken_a_page_says_that_it_is_busy_and_does_not_hang()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await Shop.OpenAsync(database, Token);
        await using var portal = new PortalHost(database, connectionString: new NpgsqlConnectionStringBuilder(database.Portal) { MaxPoolSize = 5, Timeout = 2 }.ConnectionString);
        using var browser = portal.Browse();
        await browser.SignInAsync("ada@example.com", Shop.Password, Token);

        // Whoever reads services waits for this lock and keeps his connection.
        await using var locking = new NpgsqlConnection(database.Admin);
        await locking.OpenAsync(Token);
        await using var transaction = await locking.BeginTransactionAsync(Token);
        await using (var take = new NpgsqlCommand("LOCK TABLE service_instances IN ACCESS EXCLUSIVE MODE", locking)) await take.ExecuteNonQueryAsync(Token);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var waiting = Enumerable.Range(0, 50).Select(_ => browser.GetAsync("/", leaving.Token)).ToList();

        await Eventually.TrueAsync("a page says that it is busy", Recovery, async () =>
        {
            using var answer = await browser.GetAsync("/workspaces", Token).WaitAsync(TimeSpan.FromSeconds(30), Token);
            var html = await answer.Content.ReadAsStringAsync(Token);
            Assert.DoesNotContain("   at ", html, StringComparison.Ordinal);
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable && html.Contains("busy", StringComparison.Ordinal);
        }, Token);

        await transaction.RollbackAsync(Token);
        await Task.WhenAll(waiting);
        foreach (var answered in waiting) (await answered).Dispose();
        using var after = await browser.GetAsync("/", Token);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task With_its_connections_frozen_a_page_says_so_in_time_and_comes_back_by_itself()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await Shop.OpenAsync(database, Token);
        await using var proxy = FreezableProxy.Before(new NpgsqlConnectionStringBuilder(database.Portal).Port);
        var through = new NpgsqlConnectionStringBuilder(database.Portal) { Port = proxy.Port, CommandTimeout = 3, CancellationTimeout = 500, Timeout = 3 };
        await using var portal = new PortalHost(database, connectionString: through.ConnectionString);
        using var browser = portal.Browse();
        await browser.SignInAsync("ada@example.com", Shop.Password, Token);

        proxy.Freeze();
        using (var answer = await browser.GetAsync("/workspaces", Token).WaitAsync(Recovery, Token))
        {
            var html = await answer.Content.ReadAsStringAsync(Token);
            Assert.Matches("This page failed|The database does not answer|busy", html);
            Assert.DoesNotContain("   at ", html, StringComparison.Ordinal);
        }

        proxy.Thaw();
        await Eventually.TrueAsync("the page is there again", Recovery, async () =>
        {
            using var answer = await browser.GetAsync("/workspaces", Token);
            return answer.StatusCode == HttpStatusCode.OK && (await answer.Content.ReadAsStringAsync(Token)).Contains("shop", StringComparison.Ordinal);
        }, Token);
    }
}
