using Kyozo.Testing;
using Kyozo.Web.Tests.Seeding;

namespace Kyozo.Web.Tests.Components;

/// <summary>Tests of pages over a database of their own that holds the shop.</summary>
public abstract class ShopPageTests(PostgresFixture postgres) : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected TestDatabase Database { get; private set; } = null!;
    protected Shop Shop { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        Database = await postgres.CreateDatabaseAsync(Cancelled);
        Shop = await Shop.OpenAsync(Database, Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Database.DisposeAsync();
    }
}
