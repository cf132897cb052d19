using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace Kyozo.Testing;

/// <summary>A PostgreSQL server of this test run's own, on a free port of 127.0.0.1, gone with the run.</summary>
sealed class PostgresCluster : IAsyncDisposable
{
    const string Superuser = "kyozo_test_admin";
    const int Attempts = 5;

    readonly string _binaries;
    readonly string _directory;

    PostgresCluster(string binaries, string directory, string connectionString)
    {
        _binaries = binaries;
        _directory = directory;
        ConnectionString = connectionString;
    }

    /// <summary>Connects as superuser to the database <c>postgres</c>.</summary>
    public string ConnectionString { get; }

    /// <summary>Its data directory, owned by PostgreSQL's own user.</summary>
    public string DataDirectory => _directory;

    /// <summary>Starts a server for tests: fast, and with nothing that survives a power cut.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="settings">Lines of postgresql.conf that win over the tests' own, or null.</param>
    /// <param name="folder">Where its data directory is made, or null for the temporary folder.</param>
    public static async Task<PostgresCluster> StartAsync(CancellationToken cancellationToken, string? settings = null, string? folder = null)
    {
        var binaries = FindBinaries();
        await SweepAsync(binaries, cancellationToken);

        var directory = Path.Combine(folder ?? Path.GetTempPath(), $"{Prefix}{Environment.ProcessId}-{Path.GetRandomFileName()}");
        var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var passwordFile = directory + ".password";
        await File.WriteAllTextAsync(passwordFile, password, cancellationToken);
        try
        {
            (await RunAsync(binaries, "initdb", ["-D", directory, "-U", Superuser, "-A", "scram-sha-256", $"--pwfile={passwordFile}", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8"], cancellationToken))
                .Succeeded();
        }
        finally
        {
            File.Delete(passwordFile);
        }

        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            await File.WriteAllTextAsync(Path.Combine(directory, "postgresql.auto.conf"), Settings(port) + settings, cancellationToken);
            var started = await RunAsync(binaries, "pg_ctl", ["start", "-w", "-D", directory, "-l", Path.Combine(directory, "log")], cancellationToken);
            if (started.ExitCode == 0)
            {
                var connection = new NpgsqlConnectionStringBuilder
                {
                    Host = "127.0.0.1",
                    Port = port,
                    Username = Superuser,
                    Password = password,
                    Database = "postgres",
                    Pooling = false,
                };
                return new(binaries, directory, connection.ConnectionString);
            }

            // Between finding the port and using it another program may have taken it.
            if (attempt == Attempts) throw new InvalidOperationException($"PostgreSQL did not start: {await File.ReadAllTextAsync(Path.Combine(directory, "log"), cancellationToken)}");
        }
    }

    /// <summary>As a power cut would: every process killed, nothing flushed.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => ControlAsync(cancellationToken, "stop", "-m", "immediate");

    /// <summary>Starts it again on its port; returns when it answers, with the crash recovery behind it.</summary>
    public Task StartAgainAsync(CancellationToken cancellationToken) => ControlAsync(cancellationToken, "start", "-w", "-l", Path.Combine(_directory, "log"));

    async Task ControlAsync(CancellationToken cancellationToken, params string[] arguments) =>
        (await RunAsync(_binaries, "pg_ctl", [.. arguments, "-D", _directory], cancellationToken)).Succeeded();

    public async ValueTask DisposeAsync()
    {
        await RunAsync(_binaries, "pg_ctl", ["stop", "-m", "immediate", "-D", _directory], CancellationToken.None);
        Directory.Delete(_directory, recursive: true);
    }

    const string Prefix = "kyozo-postgres-";

    static string Settings(int port) =>
        $"""
        port = {port}
        listen_addresses = '127.0.0.1'
        unix_socket_directories = ''
        max_connections = 200
        max_locks_per_transaction = 256
        shared_preload_libraries = 'pg_stat_statements'
        client_connection_check_interval = 500
        fsync = off
        synchronous_commit = off
        full_page_writes = off

        """;

    static string FindBinaries()
    {
        var named = Environment.GetEnvironmentVariable("KYOZO_TEST_POSTGRES_BIN");
        if (named is not null) return named;
        const string versions = "/usr/lib/postgresql";
        var newest = Directory.Exists(versions)
            ? Directory.GetDirectories(versions)
                .Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")))
                .MaxBy(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
            : null;
        return newest is not null
            ? Path.Combine(newest, "bin")
            : throw new InvalidOperationException("No PostgreSQL server found. Install it (apt-get install postgresql), or set KYOZO_TEST_POSTGRES to an administrator's connection string or KYOZO_TEST_POSTGRES_BIN to its bin folder.");
    }

    // A run that was killed leaves its server behind; its folder says which process it belonged to.
    static async Task SweepAsync(string binaries, CancellationToken cancellationToken)
    {
        foreach (var left in Directory.GetDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            var owner = Path.GetFileName(left)[Prefix.Length..].Split('-')[0];
            if (Directory.Exists($"/proc/{owner}")) continue;
            try
            {
                await RunAsync(binaries, "pg_ctl", ["stop", "-m", "immediate", "-D", left], cancellationToken);
                Directory.Delete(left, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's, or another run sweeps it too.
            }
        }
    }

    // PostgreSQL refuses to run as root.
    static Task<CommandResult> RunAsync(string binaries, string program, string[] arguments, CancellationToken cancellationToken)
    {
        var path = Path.Combine(binaries, program);
        var environment = new Dictionary<string, string?> { ["LC_ALL"] = "C.UTF-8", ["PGDATA"] = null };
        return Environment.UserName == "root"
            ? Command.RunAsync("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", path, .. arguments], cancellationToken, environment, "/")
            : Command.RunAsync(path, arguments, cancellationToken, environment, "/");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
