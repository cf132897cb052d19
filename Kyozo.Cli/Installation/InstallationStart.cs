using Kyozo.Cli.Output;
using Kyozo.Cli.Setup;
using Kyozo.Data;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Images;

namespace Kyozo.Cli.Installation;

/// <summary>Brings a whole installation up: container engine, PostgreSQL, schema, gateway, worker, portal. What runs already stays as it is.</summary>
sealed class InstallationStart(KyozoHome home, IContainerRuntime runtime, BaseImageStore images, TimeProvider clock, ProgressLines progress)
{
    readonly SupervisorHandle _supervisor = new(home, clock);
    PostgresContainer? _startedHere;

    /// <summary>Called once no more packages will be installed and the engine answers: work that needs both may go on beside the rest from then on.</summary>
    public Action? PackagesInstalled { get; init; }

    /// <param name="database">Administrator's connection string of a given server, or null.</param>
    /// <param name="cancellationToken">Stops it; what was started here is ended again.</param>
    /// <returns>True when it ran before.</returns>
    public async Task<bool> RunAsync(string? database, CancellationToken cancellationToken)
    {
        CreateFolders();
        using var turn = await InstallationLock.TakeAsync(home, progress.Say, cancellationToken);
        var ranBefore = _supervisor.IsRunning;
        var addresses = Addresses.FromEnvironment();
        CheckBefore(addresses, ranBefore);
        try
        {
            await StartAsync(database, addresses, cancellationToken);
            return ranBefore;
        }
        catch when (!ranBefore)
        {
            await _supervisor.EndAsync(_ => false, CancellationToken.None);
            if (_startedHere is { } container) await container.StopAsync(CancellationToken.None);
            throw;
        }
    }

    async Task StartAsync(string? database, Addresses addresses, CancellationToken cancellationToken)
    {
        var info = await new ContainerEngineSetup(runtime, home, clock).EnsureAsync(progress.Say, cancellationToken);
        progress.Say($"Container engine {info.Version} answers");

        var server = await DatabaseServer.PrepareAsync(home, database, runtime, images, progress.Say, cancellationToken);
        PackagesInstalled?.Invoke();
        if (server.Own is { } own) await StartDatabaseAsync(own, cancellationToken);
        await new SchemaUpdate(server.Administrator, DatabaseServer.Passwords(home), clock, progress).RunAsync(cancellationToken);
        var connections = server.Connections(home);
        connections.Write(home);
        addresses.Write(home);

        var programs = await HostPrograms.LocateAsync(progress.Say, cancellationToken);
        var postgres = server.Own is null ? [] : _supervisor.Wanted.Where(spec => spec.Name == HostSpecs.Postgres);
        await _supervisor.RunAsync([.. postgres, .. HostSpecs.Hosts(home, programs, connections, addresses)], cancellationToken);

        using var health = new HostHealth(home, _supervisor, clock);
        await health.WaitAsync(HostSpecs.Gateway, addresses.Gateway, cancellationToken);
        await health.WaitAsync(HostSpecs.Worker, addresses.Worker, cancellationToken);
        await health.WaitAsync(HostSpecs.Portal, addresses.Portal, cancellationToken);
        progress.Say("Gateway, worker and portal are healthy");
    }

    async Task StartDatabaseAsync(OwnPostgres server, CancellationToken cancellationToken)
    {
        if (!_supervisor.IsRunning) progress.Say($"Starting PostgreSQL on 127.0.0.1:{server.Port}");
        if (server is PostgresCluster cluster)
        {
            var others = _supervisor.IsRunning ? _supervisor.Wanted.Where(wanted => wanted.Name != HostSpecs.Postgres) : [];
            await _supervisor.RunAsync([HostSpecs.Database(cluster.StartInfo()), .. others], cancellationToken);
        }
        else if (server is PostgresContainer container && await container.StartAsync(cancellationToken))
        {
            _startedHere = container;
        }

        await server.WaitUntilReadyAsync(cancellationToken);
    }

    // Logs and uploads are nobody else's business. The home itself stays open to be passed through: PostgreSQL's user must reach its folder.
    void CreateFolders()
    {
        foreach (var folder in (string[])[home.Workspaces, home.Staging, home.Logs, home.BuildLogs, home.Cache, home.Run]) PrivateFolder.Create(folder);
    }

    void CheckBefore(Addresses addresses, bool ranBefore)
    {
        if (DiskCheck.Problem(home.Root) is { } full) throw new CommandException(full);
        if (ranBefore) return;
        Check(addresses.Portal, "portal", "KYOZO_PORTAL_PORT");
        Check(addresses.Worker, "worker", "KYOZO_WORKER_PORT");
        Check(addresses.Gateway, "gateway", "KYOZO_GATEWAY_PORT");

        static void Check(Uri address, string what, string variable)
        {
            if (PortCheck.IsFree(address.Port)) return;
            throw new CommandException($"Port {address.Port}, on which the {what} listens, is in use by another program. Choose another: {variable}={address.Port + 1} ./kyozo up   (who has it: ss -ltnp 'sport = :{address.Port}')");
        }
    }
}
