using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Workspaces;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Deployments;
using Kyozo.Engine.Health;
using Kyozo.Engine.Reconcile;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Kyozo.Engine.Tests.Deployments;

/// <summary>A database, an engine, a workspace and as many workers as a test wants; removes what was deployed by the records that say so.</summary>
sealed class DeploymentBench : IAsyncDisposable
{
    // Answers on its port; the directory listing of an empty folder is a healthy page.
    public const string WebServer = "exec python3 -m http.server $PORT";
    public const string Background = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done";

    static int bench;

    readonly DockerFixture _docker;
    readonly string _folder = Directory.CreateTempSubdirectory("kyozo-deploy-").FullName;
    readonly ServiceProvider _portal;
    readonly List<ServiceProvider> _workers = [];
    readonly Dictionary<string, string?> _settings = [];

    DeploymentBench(DockerFixture docker, TestDatabase database)
    {
        (_docker, Database) = (docker, database);
        Images = new(docker);
        Home = new(_folder);
        // A range of its own for each bench: benches have databases of their own and do not see each other's reservations.
        var first = 22000 + Interlocked.Increment(ref bench) % 50 * 150;
        foreach (var (key, value) in new Dictionary<string, string?>
        {
            ["Kyozo:Ports:GatewayFirst"] = $"{first}",
            ["Kyozo:Ports:GatewayLast"] = $"{first + 29}",
            ["Kyozo:Ports:ContainerFirst"] = $"{first + 30}",
            ["Kyozo:Ports:ContainerLast"] = $"{first + 149}",
            ["Kyozo:Deployments:Drain"] = "0:00:00",
            ["Kyozo:Deployments:StopGrace"] = "0:00:01",
            ["Kyozo:Deployments:MinimumUptime"] = "0:00:00.2",
            ["Kyozo:Deployments:HealthTimeout"] = "0:00:30",
            ["Kyozo:Deployments:ProbeInterval"] = "0:00:00.05",
            ["Kyozo:Reconcile:RepairDelay"] = "0:00:00",
            ["Kyozo:Reconcile:LongestRepairDelay"] = "0:00:01",
        }) _settings[key] = value;
        _portal = database.BuildServices(database.Portal);
    }

    public TestDatabase Database { get; }
    public TestImages Images { get; }
    public KyozoHome Home { get; }
    public Team Team { get; private set; } = null!;
    public Workspace Workspace { get; private set; } = null!;
    public Actor Owner { get; private set; } = null!;
    public DeploymentQueue Queue => _portal.GetRequiredService<DeploymentQueue>();

    public static async Task<DeploymentBench> StartAsync(DockerFixture docker, PostgresFixture postgres, CancellationToken cancellationToken)
    {
        var made = new DeploymentBench(docker, await postgres.CreateDatabaseAsync(cancellationToken));
        made.Team = await A.TeamAsync(made.Database, cancellationToken);
        made.Owner = new((await A.UserAsync(made.Database, made.Team, cancellationToken, TeamRole.Owner)).Id, made.Team.Id);
        made.Workspace = await A.WorkspaceAsync(made.Database, made.Team, cancellationToken, made._folder);
        return made;
    }

    public void Set(string key, string value) => _settings[key] = value;

    /// <summary>Everything a worker process has, over the worker's role.</summary>
    public ServiceProvider Worker()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(DockerFixture.Settings).AddInMemoryCollection(_settings).Build();
        var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddLogging(logs => logs.SetMinimumLevel(LogLevel.Warning))
            .AddSingleton(Home)
            .AddSingleton<IServiceImages>(Images)
            .AddKyozoData(Database.Worker, "worker")
            .AddContainers();
        services.AddHealth();
        services.AddDeployments();
        services.AddReconcile();
        var provider = services.BuildServiceProvider();
        _workers.Add(provider);
        return provider;
    }

    /// <summary>A service that answers http on a published port.</summary>
    public Task<ServiceInstance> WebAsync(string name, CancellationToken cancellationToken, Action<ServiceInstance>? with = null) =>
        A.ServiceAsync(Database, Workspace, cancellationToken, name, with: service =>
        {
            service.DeploymentConfig = new() { StartCommand = WebServer, HealthChecks = [new() { Type = Data.Health.CheckType.Http, Port = 8000, Timeout = TimeSpan.FromSeconds(2) }] };
            service.PortMappings = [new(8000, PortProtocol.Http, true)];
            with?.Invoke(service);
        });

    /// <summary>A service without a port.</summary>
    public Task<ServiceInstance> BackgroundAsync(string name, CancellationToken cancellationToken, Action<ServiceInstance>? with = null) =>
        A.ServiceAsync(Database, Workspace, cancellationToken, name, with: service =>
        {
            service.DeploymentConfig = new() { StartCommand = Background };
            with?.Invoke(service);
        });

    public Task<Deployment> RequestAsync(DeploymentKind kind, CancellationToken cancellationToken, DeploymentRequest? request = null, Actor? actor = null) =>
        Queue.RequestAsync(actor ?? Owner, Workspace.Id, kind, request ?? new(), null, cancellationToken);

    /// <summary>Asks, lets a worker carry it out, and tells how it ended.</summary>
    public async Task<Deployment> RunAsync(DeploymentKind kind, CancellationToken cancellationToken, DeploymentRequest? request = null)
    {
        var asked = await RequestAsync(kind, cancellationToken, request);
        await CarryOutAsync(_workers.FirstOrDefault() ?? Worker(), cancellationToken);
        return await ReadAsync(asked.Id, cancellationToken);
    }

    /// <summary>One worker takes up one deployment and ends it.</summary>
    public static async Task<Deployment?> CarryOutAsync(ServiceProvider worker, CancellationToken cancellationToken, string name = "worker-1", TimeSpan? lease = null)
    {
        var claimed = await worker.GetRequiredService<DeploymentLeases>().ClaimAsync(name, [WellKnown.LocalEngine], lease ?? TimeSpan.FromSeconds(20), cancellationToken);
        if (claimed is not null) await worker.GetRequiredService<DeploymentRunner>().RunAsync(claimed, cancellationToken);
        return claimed;
    }

    public async Task<Deployment> ReadAsync(Guid deployment, CancellationToken cancellationToken)
    {
        await using var db = Database.OpenAsAdmin();
        return await db.Deployments.AsNoTracking().SingleAsync(d => d.Id == deployment, cancellationToken);
    }

    public async Task<ServiceInstance> ServiceAsync(Guid service, CancellationToken cancellationToken)
    {
        await using var db = Database.OpenAsAdmin();
        return await db.ServiceInstances.AsNoTracking().SingleAsync(s => s.Id == service, cancellationToken);
    }

    /// <summary>Changes a row as a person would: its configuration.</summary>
    public async Task ChangeAsync(Guid service, Action<ServiceInstance> change, CancellationToken cancellationToken)
    {
        await using var db = Database.OpenAsAdmin();
        change(await db.ServiceInstances.SingleAsync(s => s.Id == service, cancellationToken));
        await db.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Ids of a service's running containers, as docker itself says.</summary>
    public async Task<IReadOnlyList<string>> RunningAsync(Guid service, CancellationToken cancellationToken) =>
        (await DockerCli.RunAsync(cancellationToken, "ps", "--no-trunc", "--quiet", "--filter", $"label={KyozoLabels.Service}={service}"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).ToList();

    /// <summary>Ids of all of a service's containers, running or not.</summary>
    public async Task<IReadOnlyList<string>> AllAsync(Guid service, CancellationToken cancellationToken) =>
        (await DockerCli.RunAsync(cancellationToken, "ps", "--all", "--no-trunc", "--quiet", "--filter", $"label={KyozoLabels.Service}={service}"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).ToList();

    public async Task<IReadOnlyList<string>> EventsAsync(Guid service, CancellationToken cancellationToken)
    {
        await using var db = Database.OpenAsAdmin();
        return await db.Database.SqlQuery<string>($"SELECT event_type AS \"Value\" FROM deployment_events WHERE service_instance_id = {service} ORDER BY sequence_num").ToListAsync(cancellationToken);
    }

    /// <summary>The service's serving containers as recorded.</summary>
    public async Task<IReadOnlyList<ServiceContainer>> InServiceAsync(Guid service, CancellationToken cancellationToken)
    {
        await using var db = Database.OpenAsAdmin();
        return await db.ServiceContainers.AsNoTracking().Where(c => c.ServiceInstanceId == service && c.InService).OrderBy(c => c.Replica).ToListAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        foreach (var thing in new[] { "container", "volume", "network" })
        {
            string[] list = thing is "container" ? ["ps", "--all", "--quiet"] : [thing, "ls", "--quiet"];
            var ids = (await DockerCli.TryAsync(limit.Token, [.. list, "--filter", $"label={KyozoLabels.Workspace}={Workspace.Id}"])).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (ids.Length > 0) await DockerCli.TryAsync(limit.Token, [thing, "rm", .. thing is "network" ? Array.Empty<string>() : ["--force"], .. ids]);
        }

        foreach (var worker in _workers) await worker.DisposeAsync();
        await _portal.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
