using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Engine.Host;
using Npgsql;

namespace Kyozo.Cli.Setup;

/// <summary>
/// The PostgreSQL cluster that <c>up</c> runs when no server is given: its own data folder, generated password, TLS, loopback only.
/// As root the server runs as the user <c>postgres</c>, for it refuses to run as root.
/// </summary>
sealed class PostgresCluster(KyozoHome home, PostgresBinaries binaries, TimeProvider clock)
{
    const string Administrator = "kyozo_admin";
    const string Database = "kyozo";
    const int UsualPort = 5433;

    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    string Folder => Path.Combine(home.Root, "postgres");
    string DataFolder => Path.Combine(Folder, "data");
    string CaFile => Path.Combine(Folder, "ca.crt");
    CertificateFiles Certificates => new(CaFile, Path.Combine(home.Root, "keys", "database-ca.key"), Path.Combine(DataFolder, "server.crt"), Path.Combine(DataFolder, "server.key"));
    string PasswordFile => Path.Combine(home.Root, "keys", "postgres-password");
    string PortFile => Path.Combine(Folder, "port");

    // The server refuses to run as root; on Windows it gives up such rights by itself.
    static bool AsOtherUser => !OperatingSystem.IsWindows() && Environment.UserName == "root";

    /// <summary>Port on 127.0.0.1: the one of <c>KYOZO_POSTGRES_PORT</c>, else that of the last time, else the first free one from 5433 on.</summary>
    public int Port { get; private set; }

    /// <summary>Major version of the data folder of this home, or null when there is none yet.</summary>
    public static int? DataVersion(KyozoHome home)
    {
        var file = Path.Combine(home.Root, "postgres", "data", "PG_VERSION");
        return File.Exists(file) ? int.Parse(File.ReadAllText(file)) : null;
    }

    /// <summary>The administrator's connection to the database.</summary>
    public string AdministratorConnection => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = Administrator,
        Password = PrivateFile.ReadOrCreatePassword(PasswordFile),
        Database = Database,
        SslMode = SslMode.VerifyFull,
        RootCertificate = CaFile,
        MaxAutoPrepare = 100,
    }.ConnectionString;

    /// <summary>Makes the data folder unless it is there. Interrupted, it leaves nothing that the next time would take for a cluster.</summary>
    public async Task EnsureInitializedAsync(Action<string> say, CancellationToken cancellationToken)
    {
        if (DataVersion(home) is null)
        {
            say($"Making a PostgreSQL {binaries.Version} database in {DataFolder}");
            await InitializeAsync(cancellationToken);
        }

        await RenewCertificateAsync(say, cancellationToken);
        Port = ChoosePort();
        await File.WriteAllTextAsync(PortFile, $"{Port}\n", cancellationToken);
    }

    /// <summary>Gives the server a certificate unless it has one that stays good for a while. A server that runs takes it at once; who is connected stays connected.</summary>
    public async Task RenewCertificateAsync(Action<string> say, CancellationToken cancellationToken)
    {
        if (!PostgresCertificate.IsDue(Certificates, clock)) return;
        // Opened before: a new authority would not know the certificate that the server still shows.
        await using var running = await TryConnectAsync(cancellationToken);
        var renewed = File.Exists(Certificates.Server);
        PostgresCertificate.Renew(Certificates, clock);
        if (AsOtherUser) await HostProgram.RequireAsync("chown", ["postgres:", Certificates.Server, Certificates.ServerKey], cancellationToken);
        if (renewed) say("The database has a new certificate");
        if (running is null) return;
        await using var reload = new NpgsqlCommand("SELECT pg_reload_conf()", running);
        await reload.ExecuteNonQueryAsync(cancellationToken);
    }

    async Task<NpgsqlConnection?> TryConnectAsync(CancellationToken cancellationToken)
    {
        if (ConnectionFile.Read(home) is not { } connections) return null;
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connections.Admin) { Pooling = false, Timeout = 5 }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (NpgsqlException)
        {
            await connection.DisposeAsync();
            return null;
        }
    }

    /// <summary>How to start the server in the foreground; SIGINT ends it quickly and cleanly.</summary>
    public ProcessStartInfo StartInfo()
    {
        List<string> arguments =
        [
            "-D", DataFolder,
            "-c", "listen_addresses=127.0.0.1",
            "-c", $"port={Port}",
            "-c", "unix_socket_directories=",
            "-c", "ssl=on",
            "-c", "password_encryption=scram-sha-256",
            "-c", "max_connections=200",
            "-c", "max_locks_per_transaction=256",
            // A lock held by a client that was killed is free within a second (SAFETY M29).
            "-c", "client_connection_check_interval=1000",
        ];
        if (binaries.HasStatements) arguments.AddRange(["-c", "shared_preload_libraries=pg_stat_statements"]);
        return AsServerUser(binaries.Program("postgres"), arguments);
    }

    /// <summary>Waits until the server answers, and makes the database unless it is there.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var maintenance = new NpgsqlConnectionStringBuilder(AdministratorConnection) { Database = "postgres", Pooling = false }.ConnectionString;
        var deadline = clock.GetUtcNow() + StartPatience;
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(maintenance);
                await connection.OpenAsync(cancellationToken);
                await using var find = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = Database } } };
                if (await find.ExecuteScalarAsync(cancellationToken) is not null) return;
                await using var create = new NpgsqlCommand($"CREATE DATABASE {Database}", connection);
                await create.ExecuteNonQueryAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException e) when (e is not PostgresException { SqlState: not PostgresErrorCodes.CannotConnectNow } && clock.GetUtcNow() < deadline)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancellationToken);
            }
            catch (NpgsqlException e)
            {
                throw new CommandException($"PostgreSQL does not answer on 127.0.0.1:{Port}: {e.Message}. Its log: {Path.Combine(home.Logs, "postgres.log")}", inner: e);
            }
        }
    }

    // Everything is made beside its place and moved there at the end: a data folder that is there is whole.
    async Task InitializeAsync(CancellationToken cancellationToken)
    {
        var half = DataFolder + ".new";
        var passwordFile = Path.Combine(Folder, ".password");
        if (Directory.Exists(half)) Directory.Delete(half, recursive: true);
        Directory.CreateDirectory(Folder);
        PrivateFile.Write(passwordFile, PrivateFile.ReadOrCreatePassword(PasswordFile));
        try
        {
            if (AsOtherUser) await LetServerInAsync(cancellationToken);
            await HostProgram.RequireAsync(AsServerUser(binaries.Program("initdb"),
                ["-D", half, "-U", Administrator, "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--locale=C.UTF-8", "-E", "UTF8"]), _ => { }, cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(half, "pg_hba.conf"),
                "# Written by Kyozo: encrypted, with a password, from this machine.\nhostssl all all 127.0.0.1/32 scram-sha-256\n", cancellationToken);
            Directory.Move(half, DataFolder);
        }
        finally
        {
            File.Delete(passwordFile);
            if (Directory.Exists(half)) Directory.Delete(half, recursive: true);
        }
    }

    async Task LetServerInAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(home.Root, (UnixFileMode)0b111_001_001);
        await HostProgram.RequireAsync("chown", ["-R", "postgres:", Folder], cancellationToken);
        for (var folder = Path.GetDirectoryName(home.Root); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if ((File.GetUnixFileMode(folder) & UnixFileMode.OtherExecute) == 0)
                throw new CommandException($"The user postgres cannot reach {home.Root}: {folder} is closed to others. Choose another KYOZO_HOME, or: chmod o+x {folder}");
        }
    }

    int ChoosePort()
    {
        if (Environment.GetEnvironmentVariable("KYOZO_POSTGRES_PORT") is { Length: > 0 } named)
        {
            return int.TryParse(named, out var port) && port is > 0 and < 65536
                ? port
                : throw new CommandException($"KYOZO_POSTGRES_PORT is \"{named}\"; a port is a number from 1 to 65535, for example {UsualPort}.");
        }

        if (File.Exists(PortFile) && int.TryParse(File.ReadAllText(PortFile), out var last)) return last;
        return Enumerable.Range(UsualPort, 100).First(IsFree);
    }

    static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    static ProcessStartInfo AsServerUser(string program, IReadOnlyList<string> arguments)
    {
        var start = AsOtherUser
            ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        // The caller's PG... and LC_... variables would leak into the server.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.WorkingDirectory = "/";
        return start;
    }
}
