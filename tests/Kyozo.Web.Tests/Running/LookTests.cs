using Kyozo.Testing;
using Kyozo.Web.Tests.Seeding;

namespace Kyozo.Web.Tests.Running;

/// <summary>Not a test: a portal with a shop in it, for the eyes of whoever works on the pages.</summary>
public sealed class LookTests(PostgresFixture postgres)
{
    /// <summary>
    /// <c>dotnet run --project tests/Kyozo.Web.Tests -- -explicit only -method '*A_portal_to_look_at'</c>, with KYOZO_LOOK naming a file: it gets the
    /// address, and the portal runs until the file is deleted.
    /// </summary>
    [Fact(Explicit = true)]
    public async Task A_portal_to_look_at()
    {
        var file = Environment.GetEnvironmentVariable("KYOZO_LOOK") ?? throw new InvalidOperationException("KYOZO_LOOK names no file.");
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var database = await postgres.CreateDatabaseAsync(cancellationToken);
        await Shop.OpenAsync(database, cancellationToken);
        await using var portal = new PortalHost(database, worker: Environment.GetEnvironmentVariable("KYOZO_LOOK_WORKER"));
        await File.WriteAllTextAsync(file, portal.Address.ToString(), cancellationToken);
        while (File.Exists(file)) await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
    }
}
