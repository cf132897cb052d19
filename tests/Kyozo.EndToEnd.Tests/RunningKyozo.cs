using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.Json;
using Kyozo.EndToEnd.Tests;
using Kyozo.Testing;

[assembly: AssemblyFixture(typeof(RunningKyozo))]
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Kyozo.EndToEnd.Tests;

/// <summary>
/// A whole Kyozo as a newcomer starts it: <c>./kyozo up samples/shop --detach</c>, in a home and on ports of its own.
/// Everything it made is stopped and removed at the end.
/// </summary>
public sealed class RunningKyozo : IAsyncLifetime
{
    readonly string _home = Directory.CreateTempSubdirectory("kyozo-e2e-").FullName;
    readonly Dictionary<string, string?> _environment;

    public RunningKyozo()
    {
        // PostgreSQL runs as a user of its own and must be able to reach its folder.
        File.SetUnixFileMode(_home, (UnixFileMode)0b111_101_101);
        var ports = FreePorts(4);
        _environment = new()
        {
            ["KYOZO_HOME"] = _home,
            ["KYOZO_PORTAL_PORT"] = $"{ports[0]}",
            ["KYOZO_WORKER_PORT"] = $"{ports[1]}",
            ["KYOZO_POSTGRES_PORT"] = $"{ports[2]}",
            ["KYOZO_GATEWAY_PORT"] = $"{ports[3]}",
            // A test asks no registry.
            ["Kyozo__Images__Registry"] = "never",
        };
        Portal = new Uri($"http://localhost:{ports[0]}");
    }

    public static string Repository { get; } = typeof(RunningKyozo).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public static string Shop { get; } = Path.Combine(Repository, "samples", "shop");

    public string Home => _home;

    public Uri Portal { get; }

    /// <summary>What <c>up</c> printed.</summary>
    public string Greeting { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(15));
        Greeting = (await KyozoAsync(patience.Token, "up", Shop, "--detach")).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        foreach (var service in (await StatusAsync(patience.Token)).Services)
            await KyozoAsync(patience.Token, "delete", service.Name, "--volumes", "--yes");
        (await KyozoAsync(patience.Token, "down")).Succeeded();
        Directory.Delete(_home, recursive: true);
    }

    /// <summary>Runs <c>./kyozo</c> against this installation.</summary>
    public Task<CommandResult> KyozoAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Command.RunAsync(Path.Combine(Repository, "kyozo"), arguments, cancellationToken, _environment, workingDirectory: Repository);

    public async Task<SystemStatus> StatusAsync(CancellationToken cancellationToken)
    {
        var json = (await KyozoAsync(cancellationToken, "status", "--json")).Succeeded();
        return JsonSerializer.Deserialize<SystemStatus>(json, JsonSerializerOptions.Web)!;
    }

    public async Task<ServiceStatus> ServiceAsync(string name, CancellationToken cancellationToken) =>
        (await StatusAsync(cancellationToken)).Services.Single(service => service.Name == name);

    /// <summary>Ids of the running containers of a service, asked of the engine's own command.</summary>
    public async Task<IReadOnlyList<string>> ContainersAsync(string service, CancellationToken cancellationToken)
    {
        var installation = (await File.ReadAllTextAsync(Path.Combine(_home, "installation-id"), cancellationToken)).Trim();
        var listed = await Command.RunAsync("docker",
            ["ps", "--quiet", "--no-trunc", "--filter", $"label=kyozo.service-name={service}", "--filter", $"label=kyozo.installation={installation}"],
            cancellationToken);
        return listed.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }
}

/// <summary>What <c>kyozo status --json</c> prints.</summary>
public sealed record SystemStatus(Uri Portal, IReadOnlyList<ServiceStatus> Services);

/// <summary>One service of it.</summary>
public sealed record ServiceStatus(string Name, string Workspace, string Type, string Status, string Health, ReplicaCount Replicas, Uri? Address);

/// <summary>Replicas of a service.</summary>
public sealed record ReplicaCount(int Wanted, int Running);
