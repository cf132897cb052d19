using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Engines;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Kyozo.Gateway.Tests;

/// <summary>The gateway on real sockets, over a database and a home of the test's own, with short intervals.</summary>
sealed class RunningGateway : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly WebApplication _app;

    RunningGateway(WebApplication app, int healthPort)
    {
        _app = app;
        HealthPort = healthPort;
    }

    public int HealthPort { get; }

    public static HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };

    public static async Task<RunningGateway> StartAsync(string connectionString, KyozoHome home)
    {
        var healthPort = FreePort.Next();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "Kyozo.Gateway" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{healthPort}");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:kyozodb"] = connectionString,
            ["Kyozo:Gateway:Poll"] = "00:00:00.200",
            ["Kyozo:Gateway:CountInterval"] = "00:00:00.200",
        });
        builder.AddServiceDefaults();
        builder.AddGateway();
        builder.Services.AddSingleton(home);
        var app = builder.Build();
        app.UseGateway();
        await app.StartAsync();
        return new(app, healthPort);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>What the worker would have written.</summary>
static class Rows
{
    /// <summary>Keeps a gateway port for the service.</summary>
    public static async Task<int> ReserveAsync(TestDatabase database, ServiceInstance service, CancellationToken cancellationToken, int? port = null)
    {
        port ??= FreePort.Next();
        await using var db = database.OpenAsAdmin();
        db.Add(new PortReservation
        {
            Id = A.Id(),
            EngineId = WellKnown.LocalEngine,
            TeamId = service.TeamId,
            ServiceInstanceId = service.Id,
            Port = port.Value,
            Use = PortUse.Gateway,
            ContainerPort = 3000,
        });
        await db.SaveChangesAsync(cancellationToken);
        return port.Value;
    }

    /// <summary>Puts a replica into service.</summary>
    public static Task<ServiceContainer> PutInServiceAsync(TestDatabase database, ServiceInstance service, int hostPort, CancellationToken cancellationToken, int replica = 1) =>
        A.ContainerAsync(database, service, A.Id().ToString("N"), cancellationToken, replica, new() { [3000] = hostPort });

    public static async Task TakeOutOfServiceAsync(TestDatabase database, ServiceContainer container, CancellationToken cancellationToken)
    {
        await using var db = database.OpenAsAdmin();
        await db.ServiceContainers.Where(row => row.Id == container.Id).ExecuteUpdateAsync(row => row.SetProperty(c => c.InService, false), cancellationToken);
    }
}
