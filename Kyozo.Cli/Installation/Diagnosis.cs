using System.Globalization;
using Kyozo.Cli.Setup;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Data.Schema.Preflight;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Host;
using Kyozo.Engine.Images;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Cli.Installation;

/// <summary>Looks at everything that Kyozo needs on this machine. Changes nothing, but that the build network is there and the packet rules are set afterwards.</summary>
sealed class Diagnosis(KyozoHome home, IContainerRuntime runtime, IConfiguration configuration, IOptions<BuildOptions> build, BuildNetwork network, WorkspaceNetworkGuard guard, TimeProvider clock)
{
    /// <summary>Each finding as soon as it is known.</summary>
    public async IAsyncEnumerable<Finding> LookAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var engine = await EngineAsync(cancellationToken);
        yield return engine is null
            ? new(false, "Container engine: does not answer", EngineWayOut())
            : new(true, $"Container engine: Docker {engine.Version}, API {engine.ApiVersion}, {engine.StorageDriver}, {engine.Cpus} CPUs, {DiskCheck.Size(engine.MemoryBytes)} memory");
        yield return await PostgresAsync(cancellationToken);
        if (await AskDatabaseAsync(BackupPrograms, cancellationToken) is { } programs) yield return programs;
        if (await AskDatabaseAsync(DaysAheadAsync, cancellationToken) is { } days) yield return days;
        await foreach (var process in ProcessesAsync(cancellationToken)) yield return process;
        yield return GatewayPorts();
        yield return Disk("Disk of Kyozo's home", home.Root);
        if (engine is not null && Directory.Exists(engine.RootDirectory)) yield return Disk("Disk of the container engine", engine.RootDirectory);
        if (engine is not null) yield return await BaseImagesAsync(cancellationToken);
        yield return Debootstrap();
        yield return Certificates();
        if (engine is null) yield break;
        yield return await BuildNetworkAsync(cancellationToken);
        yield return await WorkspaceNetworksAsync(cancellationToken);
    }

    async Task<EngineInfo?> EngineAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await runtime.GetEngineAsync(cancellationToken);
        }
        catch (EngineUnavailableException)
        {
            return null;
        }
    }

    static string EngineWayOut() => Environment.UserName == "root"
        ? "./kyozo up   (installs and starts one)"
        : HostProgram.Find("dockerd") is null ? "sudo apt-get install docker.io" : "sudo systemctl start docker && sudo usermod -aG docker $USER   (then sign in again)";

    async Task<Finding> PostgresAsync(CancellationToken cancellationToken)
    {
        if (ConnectionFile.Read(home) is not { } connections)
        {
            return PostgresBinaries.Find(PostgresCluster.DataVersion(home)) is { } found
                ? new(true, $"PostgreSQL: version {found.Version} is installed; ./kyozo up makes a database with it")
                : new(true, "PostgreSQL: none is installed and none is given", AptPackages.CanInstall ? "./kyozo up   (installs it)" : "./kyozo up   (runs it in a container)");
        }

        var target = new NpgsqlConnectionStringBuilder(connections.Admin) { Timeout = 5 };
        try
        {
            await using var connection = new NpgsqlConnection(target.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            var encryption = await PreflightReader.CheckEncryptionAsync(connection, target, cancellationToken);
            return new(encryption.Level == PreflightLevel.Ok, $"PostgreSQL: version {connection.PostgreSqlVersion} answers at {target.Host}:{target.Port} (encryption: {encryption.What})", encryption.WayOut);
        }
        catch (NpgsqlException e)
        {
            return new(false, $"PostgreSQL: does not answer at {target.Host}:{target.Port} ({e.Message})", "./kyozo up");
        }
    }

    // Null where there is no database, or none of ours yet: the line before tells.
    async Task<Finding?> AskDatabaseAsync(Func<NpgsqlConnection, CancellationToken, Task<Finding?>> ask, CancellationToken cancellationToken)
    {
        if (ConnectionFile.Read(home) is not { } connections) return null;
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connections.Admin) { Timeout = 5 }.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            return await ask(connection, cancellationToken);
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }

    // A server in a container, or one elsewhere, does not bring its programs to this machine.
    static Task<Finding?> BackupPrograms(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var major = connection.PostgreSqlVersion.Major;
        return Task.FromResult<Finding?>(PostgresClient.IsInstalled("pg_dump", major)
            ? new(true, "Backups: pg_dump is installed")
            : new(false, $"Backups: pg_dump {major} or later is missing, so that none can be made", $"sudo apt-get install postgresql-client-{major}"));
    }

    async Task<Finding?> DaysAheadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var reach = await PartitionDays.ReadAsync(connection, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime), cancellationToken);
        return reach.MinBy(table => table.DaysAhead) switch
        {
            null => null,
            { IsShort: true } shortest => new(false, $"Days ahead: {shortest}, at least {PartitionReach.Least} should be", "./kyozo db migrate   (and see why the job 'partitions' does not: the portal's jobs page)"),
            { } shortest => new(true, $"Days ahead: partitions are made for {shortest.DaysAhead} days"),
        };
    }

    async IAsyncEnumerable<Finding> ProcessesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var supervisor = new SupervisorHandle(home, clock);
        var addresses = supervisor.IsRunning ? Addresses.Read(home) : Addresses.FromEnvironment();
        using var health = new HostHealth(home, supervisor, clock);
        foreach (var (name, address, variable) in new[]
                 {
                     (HostSpecs.Portal, addresses.Portal, "KYOZO_PORTAL_PORT"), (HostSpecs.Worker, addresses.Worker, "KYOZO_WORKER_PORT"), (HostSpecs.Gateway, addresses.Gateway, "KYOZO_GATEWAY_PORT"),
                 })
        {
            var what = char.ToUpperInvariant(name[0]) + name[1..];
            if (supervisor.State?.Processes.FirstOrDefault(process => process.Name == name) is not null)
            {
                yield return await health.AnswersAsync(address, cancellationToken)
                    ? new(true, $"{what}: healthy at {address}")
                    : new(false, $"{what}: not healthy at {address}", $"tail {Path.Combine(home.Logs, name + ".log")}");
            }
            else
            {
                yield return PortCheck.IsFree(address.Port)
                    ? new(true, $"{what}: not running; its port {address.Port} is free")
                    : new(false, $"{what}: its port {address.Port} is in use by another program", $"{variable}={address.Port + 1} ./kyozo up   (who has it: ss -ltnp 'sport = :{address.Port}')");
            }
        }
    }

    Finding GatewayPorts()
    {
        var first = configuration.GetValue("Kyozo:Ports:GatewayFirst", 20000);
        var last = configuration.GetValue("Kyozo:Ports:GatewayLast", 20999);
        var free = Enumerable.Range(first, last - first + 1).Count(PortCheck.IsFree);
        var all = last - first + 1;
        return free > 0
            ? new(true, string.Create(CultureInfo.InvariantCulture, $"Ports for services: {free} of {all} ({first}-{last}) are free"))
            : new(false, $"Ports for services: none of {first}-{last} is free", $"Kyozo__Ports__GatewayLast={last + 1000} ./kyozo up");
    }

    static Finding Disk(string what, string folder) => DiskCheck.Problem(folder) is { } problem
        ? new(false, $"{what}: nearly full", problem)
        : new(true, $"{what}: enough room");

    async Task<Finding> BaseImagesAsync(CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        foreach (var image in BaseImages.Usual.Select(BaseImages.Get))
        {
            if (await runtime.FindImageAsync(image.Local ?? image.Registry, cancellationToken) is null && await runtime.FindImageAsync(image.Registry, cancellationToken) is null) missing.Add(image.Name);
        }

        // Not a fault: they come when a service first needs them.
        return missing.Count == 0
            ? new(true, "Base images: all there")
            : new(true, $"Base images: {string.Join(", ", missing)} are got when first needed", "now: ./kyozo images bootstrap");
    }

    static Finding Debootstrap() => HostProgram.Find("debootstrap") is not null
        ? new(true, "debootstrap: installed, base images can be made without a registry")
        : AptPackages.CanInstall
            ? new(true, "debootstrap: is installed when base images have to be made without a registry")
            : new(false, "debootstrap: missing, so that without a registry no base images can be made", "sudo apt-get install debootstrap");

    Finding Certificates()
    {
        try
        {
            return HostTrust.Find(build.Value).CertificatesFile is { } file
                ? new(true, $"Certificate authorities for builds: {file}")
                : new(true, "Certificate authorities for builds: the distribution's own", "behind a company proxy: Kyozo__Build__CaCertificates=/path/to/bundle.crt ./kyozo up");
        }
        catch (FileNotFoundException e)
        {
            return new(false, $"Certificate authorities for builds: {e.Message}", "unset Kyozo__Build__CaCertificates, or name a file that is there");
        }
    }

    async Task<Finding> BuildNetworkAsync(CancellationToken cancellationToken) => await network.FindOpeningAsync(cancellationToken) is { } opening
        ? new(false, $"Build network: builds may reach this machine's own network ({opening})", "./kyozo up as root, with iptables installed")
        : new(true, "Build network: private and host addresses are shut off");

    async Task<Finding> WorkspaceNetworksAsync(CancellationToken cancellationToken) => await guard.CloseAsync(cancellationToken) is { } opening
        ? new(false, $"Workspace networks: services may reach this machine's own addresses ({opening})", "./kyozo up as root, with iptables installed")
        : new(true, "Workspace networks: this machine's own addresses are shut off");
}
