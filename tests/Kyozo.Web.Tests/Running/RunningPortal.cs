using Kyozo.Testing;
using Kyozo.Web.Tests.Seeding;

namespace Kyozo.Web.Tests.Running;

/// <summary>One portal with two teams in it, for the tests that change nothing another test sees.</summary>
public sealed class RunningPortal(PostgresFixture postgres) : IAsyncLifetime
{
    public TestDatabase Database { get; private set; } = null!;
    public PortalHost Portal { get; private set; } = null!;
    public Shop Ours { get; private set; } = null!;
    public Shop Theirs { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Database = await postgres.CreateDatabaseAsync(CancellationToken.None);
        Ours = await Shop.OpenAsync(Database, CancellationToken.None);
        Theirs = await Shop.OpenAsync(Database, CancellationToken.None, "coffee", "-coffee");
        Portal = new PortalHost(Database);
    }

    /// <summary>A browser in which that person is signed in.</summary>
    public async Task<PortalBrowser> SignedInAsync(string email, CancellationToken cancellationToken)
    {
        var browser = Portal.Browse();
        await browser.SignInAsync(email, Shop.Password, cancellationToken);
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        await Portal.DisposeAsync();
        await Database.DisposeAsync();
    }
}
