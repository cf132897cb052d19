using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Testing;

/// <summary>Real PostgreSQL for the tests of an assembly: <c>[assembly: AssemblyFixture(typeof(PostgresFixture))]</c>. Starts at the first use; <c>KYOZO_TEST_POSTGRES</c>, an administrator's connection string, is used instead of an own server.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    const string Password = "only-for-tests";

    readonly SemaphoreSlim _starting = new(1, 1);
    readonly string _run = Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal);
    PostgresCluster? _cluster;
    string? _administrator;
    int _databases;

    string Template => $"kyozo_template_{_run}";

    /// <summary>Password of every role of the test databases.</summary>
    public static IReadOnlyDictionary<string, string> Passwords { get; } = DatabaseRoles.Logins.ToDictionary(role => role, _ => Password);

    /// <summary>The server's log, or null when the server is not this run's own or has not been started.</summary>
    public string? ServerLog => _cluster is null ? null : Path.Combine(_cluster.DataDirectory, "log");

    /// <summary>A migrated database of the test's own, with the rows that every installation has.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var server = await StartAsync(cancellationToken);
        return await CreateAsync(server, $" TEMPLATE {Template}", cancellationToken);
    }

    /// <summary>A database without anything in it, for tests of migrations.</summary>
    public async Task<TestDatabase> CreateEmptyDatabaseAsync(CancellationToken cancellationToken)
    {
        var server = await StartAsync(cancellationToken);
        return await CreateAsync(server, "", cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_administrator is not null) await ExecuteAsync(_administrator, $"DROP DATABASE IF EXISTS {Template} WITH (FORCE)", CancellationToken.None);
        if (_cluster is not null) await _cluster.DisposeAsync();
        _starting.Dispose();
    }

    async Task<TestDatabase> CreateAsync(string server, string template, CancellationToken cancellationToken)
    {
        var name = $"kyozo_{_run}_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(server, $"CREATE DATABASE {name}{template}", cancellationToken);
        return new TestDatabase(server, name, Password);
    }

    async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        if (_administrator is not null) return _administrator;
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_administrator is not null) return _administrator;
            var given = Environment.GetEnvironmentVariable("KYOZO_TEST_POSTGRES");
            if (given is null) _cluster ??= await PostgresCluster.StartAsync(cancellationToken);
            var server = new NpgsqlConnectionStringBuilder(given ?? _cluster!.ConnectionString) { Pooling = false }.ConnectionString;

            await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {Template} WITH (FORCE)", cancellationToken);
            await ExecuteAsync(server, $"CREATE DATABASE {Template}", cancellationToken);
            var template = new NpgsqlConnectionStringBuilder(server) { Database = Template }.ConnectionString;
            await new Migrator(template, Passwords, TimeProvider.System, _ => { }).MigrateAsync(to: null, cancellationToken);
            return _administrator = server;
        }
        finally
        {
            _starting.Release();
        }
    }

    internal static async Task ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = TestDatabase.Patience };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
