using System.Net;
using System.Net.Sockets;
using Kyozo.Data;
using Kyozo.Data.Tenancy;
using Kyozo.Engine.Deployments;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class PortBookTests(DockerFixture docker, PostgresFixture postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_port_that_somebody_uses_or_that_the_engine_refused_is_passed_over_and_a_full_range_is_said()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var taken = ((IPEndPoint)listener.LocalEndpoint).Port;
        var book = Book(taken, taken + 2);
        await using var db = await bench.Worker().GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContextAsync(Cancellation);

        var gateway = await book.ReserveForServiceAsync(db, WellKnown.LocalEngine, web, 8000, Cancellation);

        Assert.InRange(gateway, taken + 1, taken + 2);
        Assert.Equal(gateway, await book.ReserveForServiceAsync(db, WellKnown.LocalEngine, web, 8000, Cancellation));
        var full = Book(gateway, gateway);
        var none = await Assert.ThrowsAsync<NoPortLeftException>(() => full.ReserveForServiceAsync(db, WellKnown.LocalEngine, web, 9000, Cancellation));
        Assert.Contains($"from {gateway} to {gateway}", none.Message);
    }

    static PortBook Book(int first, int last) => new(Options.Create(new PortOptions { GatewayFirst = first, GatewayLast = last }), TimeProvider.System);
}
