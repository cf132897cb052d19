using Kyozo.Data;
using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Cli.Setup;

/// <summary>The PostgreSQL that <c>up</c> runs when no server is given: generated password, TLS with an authority of this installation's own, loopback only.</summary>
abstract class OwnPostgres(KyozoHome home, TimeProvider clock)
{
    protected const string Administrator = "kyozo_admin";
    protected const string Database = "kyozo";
    const int UsualPort = 5433;

    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    /// <summary>Settings of the server, wherever it runs.</summary>
    protected static IReadOnlyList<string> Settings { get; } =
    [
        "ssl=on",
        "password_encryption=scram-sha-256",
        "max_connections=200",
        "max_locks_per_transaction=256",
        // A lock held by a client that was killed is free within a second (SAFETY M29).
        "client_connection_check_interval=1000",
    ];

    protected KyozoHome Home => home;
    protected TimeProvider Clock => clock;
    protected string Folder => Path.Combine(home.Root, "postgres");
    protected string CaFile => Path.Combine(Folder, "ca.crt");
    protected string CaKeyFile => Path.Combine(home.Root, "keys", "database-ca.key");
    protected string PasswordFile => Path.Combine(home.Root, "keys", "postgres-password");
    string PortFile => Path.Combine(Folder, "port");

    protected abstract CertificateFiles Certificates { get; }

    /// <summary>Where the server says what is wrong, for people.</summary>
    protected abstract string Log { get; }

    /// <summary>Port on 127.0.0.1: the one of <c>KYOZO_POSTGRES_PORT</c>, else that of the last time, else the first free one from 5433 on.</summary>
    public int Port { get; private set; }

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

    /// <summary>Gives the server a certificate unless it has one that stays good for a while. A server that runs takes it at once; who is connected stays connected.</summary>
    public async Task RenewCertificateAsync(Action<string> say, CancellationToken cancellationToken)
    {
        if (!PostgresCertificate.IsDue(Certificates, clock)) return;
        // Opened before: a new authority would not know the certificate that the server still shows.
        await using var running = await TryConnectAsync(cancellationToken);
        var renewed = File.Exists(Certificates.Server);
        PostgresCertificate.Renew(Certificates, clock);
        await HandOverCertificateAsync(cancellationToken);
        if (renewed) say("The database has a new certificate");
        if (running is not null) await running.ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
    }

    /// <summary>Lets the server read its new certificate and key.</summary>
    protected abstract Task HandOverCertificateAsync(CancellationToken cancellationToken);

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
                if (await find.ExecuteScalarAsync(cancellationToken) is null) await connection.ExecuteAsync($"CREATE DATABASE {Database}", cancellationToken);
                return;
            }
            catch (NpgsqlException e) when (e is not PostgresException { SqlState: not PostgresErrorCodes.CannotConnectNow } && clock.GetUtcNow() < deadline)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancellationToken);
            }
            catch (NpgsqlException e)
            {
                throw new CommandException($"PostgreSQL does not answer on 127.0.0.1:{Port}: {e.Message}. Its log: {Log}", inner: e);
            }
        }
    }

    protected async Task RememberPortAsync(CancellationToken cancellationToken)
    {
        Port = ChoosePort();
        await File.WriteAllTextAsync(PortFile, $"{Port}\n", cancellationToken);
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
        return Enumerable.Range(UsualPort, 100).First(PortCheck.IsFree);
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
}
