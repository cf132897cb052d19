using Kyozo.Data.Schema;
using Kyozo.Testing;

namespace Kyozo.Web.Tests.Running;

/// <summary>The portal runs only behind the walls between teams (SAFETY T6).</summary>
public sealed class BoundRoleTests(PostgresFixture postgres)
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_portal_refuses_to_start_with_a_role_that_could_look_over_the_walls()
    {
        await using var database = await postgres.CreateDatabaseAsync(Cancelled);
        foreach (var (connection, fault) in ((string, string)[])[(database.Admin, "is a superuser"), (database.Maintenance, "owns tables")])
            Assert.Contains(fault, Assert.Throws<SchemaException>(() => new PortalHost(database, connectionString: connection)).Message, StringComparison.Ordinal);
    }
}
