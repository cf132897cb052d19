using Kyozo.Data;
using Kyozo.Data.WorkerApi;
using Kyozo.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Kyozo.Worker.Tests;

/// <summary>
/// The worker as it is, on a free port of 127.0.0.1, with a database and a home of its own. Its ticking jobs rest, and so do its two loops unless
/// they are asked for: tests write rows of containers that reconcile would mend.
/// </summary>
sealed class WorkerHost : WebApplicationFactory<Program>
{
    readonly Dictionary<string, string?> _settings = new()
    {
        ["Kyozo:Schedule:HealthChecks"] = "01:00:00",
        ["Kyozo:Schedule:Metrics"] = "01:00:00",
    };

    readonly bool _ownsDatabase;
    readonly bool _withLoops;

    WorkerHost(TestDatabase database, bool ownsDatabase, bool withLoops, string home)
    {
        _withLoops = withLoops;
        _ownsDatabase = ownsDatabase;
        Database = database;
        Home = new(home);
        _settings["KYOZO_HOME"] = home;
        _settings["ConnectionStrings:kyozodb"] = database.Worker;
        _settings["ConnectionStrings:kyozodb_maintenance"] = database.Maintenance;
        _settings["ConnectionStrings:kyozodb_backup"] = database.Backup;
        foreach (var (key, value) in DockerFixture.Settings) _settings[key] = value;
        UseKestrel(0);
    }

    public TestDatabase Database { get; }

    public KyozoHome Home { get; }

    public static async Task<WorkerHost> StartAsync(PostgresFixture postgres, CancellationToken cancellationToken, params (string Key, string Value)[] settings) =>
        Start(await postgres.CreateDatabaseAsync(cancellationToken), ownsDatabase: true, withLoops: false, settings);

    /// <summary>A worker that also carries out deployments and reconciles.</summary>
    public static async Task<WorkerHost> StartWithLoopsAsync(PostgresFixture postgres, CancellationToken cancellationToken) =>
        Start(await postgres.CreateDatabaseAsync(cancellationToken), ownsDatabase: true, withLoops: true, []);

    /// <summary>The same on a database that is there and stays.</summary>
    public static WorkerHost StartWithLoops(TestDatabase database, params (string Key, string Value)[] settings) => Start(database, ownsDatabase: false, withLoops: true, settings);

    /// <summary>A worker on a database that is there and stays.</summary>
    public static WorkerHost Start(TestDatabase database, params (string Key, string Value)[] settings) => Start(database, ownsDatabase: false, withLoops: false, settings);

    static WorkerHost Start(TestDatabase database, bool ownsDatabase, bool withLoops, (string Key, string Value)[] settings)
    {
        var host = new WorkerHost(database, ownsDatabase, withLoops, Directory.CreateTempSubdirectory("kyozo-worker-").FullName);
        foreach (var (key, value) in settings) host._settings[key] = value;
        host.StartServer();
        return host;
    }

    /// <summary>A client as portal and command line have it, with the same key ring.</summary>
    public WorkerClient Client() => new(WorkerClientSetup.CreateHttp(ClientOptions.BaseAddress), Tickets(TimeProvider.System));

    /// <summary>Tickets as another process with the same key ring issues them.</summary>
    public WorkerTickets Tickets(TimeProvider clock)
    {
        var services = new ServiceCollection().AddLogging().AddKyozoDataProtection(Home).BuildServiceProvider();
        return new(services.GetRequiredService<IDataProtectionProvider>(), clock);
    }

    /// <summary>A plain client, and a ticket of one's own making.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? ticket, HttpContent? body, CancellationToken cancellationToken)
    {
        using var http = WorkerClientSetup.CreateHttp(ClientOptions.BaseAddress);
        using var request = new HttpRequestMessage(method, path.TrimStart('/')) { Content = body };
        if (ticket is not null) request.Headers.Add(WorkerTickets.Header, ticket);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_ownsDatabase) await Database.DisposeAsync();
        Directory.Delete(Home.Root, recursive: true);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        foreach (var (key, value) in _settings) builder.UseSetting(key, value);
        builder.ConfigureLogging(logs => logs.SetMinimumLevel(LogLevel.Warning));
        if (_withLoops) return;
        builder.ConfigureTestServices(services =>
        {
            foreach (var loop in services.Where(s => s.ImplementationType == typeof(DeploymentLoop) || s.ImplementationType == typeof(ReconcileLoop)).ToList())
                services.Remove(loop);
        });
    }
}
