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

    readonly PostgresCluster cluster;

    BenchServer(PostgresCluster cluster) => this.cluster = cluster;

    public static async Task<BenchServer> StartAsync(CancellationToken cancellationToken) => new(await PostgresCluster.StartAsync(cancellationToken, AsInProduction));

    /// <summary>A migrated database; connections of every role as in an installation.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync(string name, CancellationToken cancellationToken)
    {
        await PostgresFixture.ExecuteAsync(cluster.ConnectionString, $"CREATE DATABASE {name}", cancellationToken);
        var database = new TestDatabase(cluster.ConnectionString, name, PostgresFixture.Passwords[DatabaseRoles.Portal]);
        await new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { }).MigrateAsync(to: null, cancellationToken);
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await cluster.DisposeAsync();
    }
}
