using System.Security.Cryptography;
using System.Text;
using Kyozo.Data;
using Kyozo.Data.Topology;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Images;

namespace Kyozo.Cli.Setup;

/// <summary>
/// The own PostgreSQL in a container, for machines without its programs. Its data is a volume that only a person removes. Password, key and
/// certificate are files in the container, never variables: whoever may look at containers does not see them.
/// </summary>
sealed class PostgresContainer(KyozoHome home, IContainerRuntime runtime, TimeProvider clock) : OwnPostgres(home, clock)
{
    const string Inside = "/etc/kyozo";

    // Shut down at once and cleanly: SIGINT, which is the image's own stop signal.
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    static readonly BackingImage Server = BackingImages.Find(ServiceType.Postgres)!;

    static int ServerUser => int.Parse(Server.User!.Split(':')[0]);

    /// <summary>Name of container, volume and network: two homes on one engine do not meet.</summary>
    string Name => "kyozo-database-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Home.Root)))[..12];

    Dictionary<string, string> Labels => new() { [KyozoLabels.Home] = Home.Root };

    protected override CertificateFiles Certificates => new(CaFile, CaKeyFile, Path.Combine(Folder, "server.crt"), Path.Combine(Home.Root, "keys", "database-server.key"));

    protected override string Log => $"docker logs {Name}";

    // Says which image made the data: another one might be another version.
    static string MarkerOf(KyozoHome home) => Path.Combine(home.Root, "postgres", "container-image");

    /// <summary>True when this home keeps its data in a container's volume.</summary>
    public static bool IsUsedBy(KyozoHome home) => File.Exists(MarkerOf(home));

    /// <summary>Has image, certificate and port ready.</summary>
    /// <exception cref="BaseImageUnavailableException">There is no image of PostgreSQL, and none can be had.</exception>
    public async Task PrepareAsync(BaseImageStore images, Action<string> say, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder);
        if (!IsUsedBy(Home))
        {
            var image = await images.EnsureAsync(Server.BaseImage, say, cancellationToken);
            await File.WriteAllTextAsync(MarkerOf(Home), image + "\n", cancellationToken);
        }

        await RenewCertificateAsync(say, cancellationToken);
        await RememberPortAsync(cancellationToken);
    }

    /// <summary>Starts it, made anew where its port is another one by now; nothing happens when it runs.</summary>
    /// <returns>False when it ran already.</returns>
    /// <exception cref="CommandException">Its port is taken, or its name is.</exception>
    public async Task<bool> StartAsync(CancellationToken cancellationToken)
    {
        var there = await FindAsync(cancellationToken);
        // One that never ran may lack its files.
        if (there is not null && (there.Phase == ContainerPhase.Created || there.HostPorts.GetValueOrDefault(Server.Port) != Port))
        {
            await runtime.StopContainerAsync(there.Id, Grace, cancellationToken);
            await runtime.RemoveContainerAsync(there.Id, cancellationToken);
            there = null;
        }

        if (there is { Phase: ContainerPhase.Running }) return false;
        var id = there?.Id ?? await CreateAsync(cancellationToken);
        try
        {
            await runtime.StartContainerAsync(id, cancellationToken);
        }
        catch (PortTakenException)
        {
            // It would keep that port for ever.
            await runtime.RemoveContainerAsync(id, CancellationToken.None);
            throw new CommandException($"Port {Port}, on which PostgreSQL listens, is in use by another program. Choose another: KYOZO_POSTGRES_PORT={Port + 1} ./kyozo up   (who has it: ss -ltnp 'sport = :{Port}')");
        }

        return true;
    }

    /// <summary>Stops it; nothing happens when it does not run.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (await FindAsync(cancellationToken) is { } there) await runtime.StopContainerAsync(there.Id, Grace, cancellationToken);
    }

    /// <summary>Starts one again that was killed from outside: that the engine itself does not do.</summary>
    /// <returns>True when it did not run.</returns>
    public async Task<bool> StartAgainAsync(CancellationToken cancellationToken)
    {
        if (await FindAsync(cancellationToken) is not { Phase: ContainerPhase.Exited } ended) return false;
        await runtime.StartContainerAsync(ended.Id, cancellationToken);
        return true;
    }

    protected override async Task HandOverCertificateAsync(CancellationToken cancellationToken)
    {
        if (await FindAsync(cancellationToken) is { } there) await runtime.PutFilesAsync(there.Id, await FilesAsync(cancellationToken), cancellationToken);
    }

    async Task<string> CreateAsync(CancellationToken cancellationToken)
    {
        var engine = await runtime.GetEngineAsync(cancellationToken);
        await runtime.EnsureVolumeAsync(Name, Labels, cancellationToken);
        await runtime.EnsureNetworkAsync(Name, ClosedBridge.NameFor(Name), Labels, cancellationToken);
        var id = await runtime.CreateContainerAsync(new()
        {
            Name = Name,
            Image = (await File.ReadAllTextAsync(MarkerOf(Home), cancellationToken)).Trim(),
            Command = ["postgres", .. ContainerSettings().SelectMany(setting => new[] { "-c", setting })],
            Environment = Environment(),
            Labels = Labels,
            Network = Name,
            Ports = [new(Server.Port, Port)],
            Volumes = [new(Name, Server.DataPath!)],
            CpuCores = engine.Cpus,
            MemoryBytes = Math.Min(2L << 30, engine.MemoryBytes / 2),
            Pids = 1024,
            User = Server.User,
            StopGrace = Grace,
        }, cancellationToken);
        await runtime.PutFilesAsync(id, await FilesAsync(cancellationToken), cancellationToken);
        return id;
    }

    static Dictionary<string, string> Environment()
    {
        var environment = Server.Environment.ToDictionary();
        environment.Remove("POSTGRES_PASSWORD");
        environment["POSTGRES_PASSWORD_FILE"] = $"{Inside}/password";
        (environment["POSTGRES_USER"], environment["POSTGRES_DB"]) = (Administrator, Database);
        return environment;
    }

    static IEnumerable<string> ContainerSettings() =>
    [
        .. Settings, $"ssl_cert_file={Inside}/server.crt", $"ssl_key_file={Inside}/server.key", $"hba_file={Inside}/pg_hba.conf", "shared_preload_libraries=pg_stat_statements",
    ];

    async Task<IReadOnlyList<ContainerFile>> FilesAsync(CancellationToken cancellationToken) =>
    [
        new($"{Inside}/server.crt", await File.ReadAllBytesAsync(Certificates.Server, cancellationToken), ServerUser),
        new($"{Inside}/server.key", await File.ReadAllBytesAsync(Certificates.ServerKey, cancellationToken), ServerUser),
        new($"{Inside}/password", Encoding.UTF8.GetBytes(PrivateFile.ReadOrCreatePassword(PasswordFile)), ServerUser),
        // The socket is for the image's own first start; nothing but this machine's loopback leads to the rest.
        new($"{Inside}/pg_hba.conf", "# Written by Kyozo: encrypted and with a password.\nlocal all all scram-sha-256\nhostssl all all all scram-sha-256\n"u8.ToArray(), ServerUser),
    ];

    async Task<ContainerState?> FindAsync(CancellationToken cancellationToken)
    {
        if (await runtime.FindContainerAsync(Name, cancellationToken) is not { } found) return null;
        if (found.Labels.GetValueOrDefault(KyozoLabels.Home) == Home.Root) return found;
        throw new CommandException($"There is a container {Name} that is not this installation's database. Look at it (docker inspect {Name}), and rename or remove it.");
    }
}
