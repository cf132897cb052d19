using Kyozo.Data.Schema;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Bench.Data;

/// <summary>A PostgreSQL server of one bench's own, set as an installation would have it; gone with the bench.</summary>
sealed class BenchServer : IAsyncDisposable
{
    // What the tests switch off for speed is on here: an installation's rows survive a power cut.
    const string AsInProduction =
        """
        fsync = on
        synchronous_commit = on
        full_page_writes = on
        shared_buffers = '1GB'
        maintenance_work_mem = '512MB'
        effective_cache_size = '4GB'
        max_wal_size = '8GB'
        checkpoint_timeout = '15min'

        """;

    const long Little = 1 << 20;

    readonly PostgresCluster _cluster;

    BenchServer(PostgresCluster cluster) => _cluster = cluster;

    public static async Task<BenchServer> StartAsync(CancellationToken cancellationToken) => new(await PostgresCluster.StartAsync(cancellationToken, AsInProduction));

    /// <summary>A migrated database; connections of every role as in an installation.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync(string name, CancellationToken cancellationToken)
    {
        await PostgresFixture.ExecuteAsync(_cluster.ConnectionString, $"CREATE DATABASE {name}", cancellationToken);
        var database = new TestDatabase(_cluster.ConnectionString, name, PostgresFixture.Passwords[DatabaseRoles.Portal]);
        await new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { }).MigrateAsync(to: null, cancellationToken);
        return database;
    }

    /// <summary>Takes the database out of memory, the server's and the system's: as rows are that nobody has read for a week.</summary>
    public async Task CoolAsync(CancellationToken cancellationToken)
    {
        await PostgresFixture.ExecuteAsync(_cluster.ConnectionString, "CHECKPOINT", cancellationToken);
        await _cluster.StopAsync(cancellationToken);
        NpgsqlConnection.ClearAllPools();
        foreach (var file in new DirectoryInfo(Path.Combine(_cluster.DataDirectory, "base")).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Length > Little))
            (await Command.RunAsync("dd", [$"if={file.FullName}", "iflag=nocache", "count=0", "status=none"], cancellationToken)).Succeeded();
        await _cluster.StartAgainAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await _cluster.DisposeAsync();
    }
}
