using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Testing;

/// <summary>A PostgreSQL server that belongs to one test, which may stop it, starve it and fill its disk; with one migrated database. Written rows survive a crash, as in an installation.</summary>
public sealed class OwnServer : IAsyncDisposable
{
    const string Durable = "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\n";

    readonly PostgresCluster _cluster;

    OwnServer(PostgresCluster cluster, TestDatabase database) => (_cluster, Database) = (cluster, database);

    public TestDatabase Database { get; }

    public string DataDirectory => _cluster.DataDirectory;

    /// <summary>Starts one.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="settings">Further lines of postgresql.conf.</param>
    /// <param name="folder">Where its data directory is made.</param>
    public static async Task<OwnServer> StartAsync(CancellationToken cancellationToken, string settings = "", string? folder = null)
    {
        var cluster = await PostgresCluster.StartAsync(cancellationToken, Durable + settings, folder);
        await PostgresFixture.ExecuteAsync(cluster.ConnectionString, "CREATE DATABASE kyozo", cancellationToken);
        var database = new TestDatabase(cluster.ConnectionString, "kyozo", PostgresFixture.Passwords[DatabaseRoles.Portal]);
        await new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { }).MigrateAsync(to: null, cancellationToken);
        return new(cluster, database);
    }

    /// <summary>The server is gone at once, as after a power cut.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _cluster.StopAsync(cancellationToken);

    /// <summary>It is back, on the same port.</summary>
    public Task StartAgainAsync(CancellationToken cancellationToken) => _cluster.StartAgainAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await _cluster.DisposeAsync();
    }
}
