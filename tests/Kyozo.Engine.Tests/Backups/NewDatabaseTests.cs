using Kyozo.Data.Schema;
using Kyozo.Engine.Backups;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Engine.Tests.Backups;

public sealed class NewDatabaseTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The server vacuums when it likes, and only administrators may force that to end.</summary>
    [Fact]
    public async Task A_scratch_database_that_the_server_vacuums_is_dropped_all_the_same()
    {
        // Vacuums are looked for every second, and one takes long.
        await using var server = await OwnServer.StartAsync(Cancel, "autovacuum = on\nautovacuum_naptime = 1s\nautovacuum_vacuum_cost_delay = 100ms\nautovacuum_vacuum_cost_limit = 1\n");
        await using var administrator = new NpgsqlConnection(server.Database.Admin);
        await administrator.OpenAsync(Cancel);
        await administrator.ExecuteAsync("CREATE ROLE keeper LOGIN CREATEDB PASSWORD 'secret'", Cancel);
        var keeper = new NpgsqlConnectionStringBuilder(server.Database.Admin) { Username = "keeper", Password = "secret", Database = "postgres", Pooling = false };
        await using var connection = new NpgsqlConnection(keeper.ConnectionString);
        await connection.OpenAsync(Cancel);
        await connection.ExecuteAsync("CREATE DATABASE scratch", Cancel);
        await using (var inside = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(keeper.ConnectionString) { Database = "scratch" }.ConnectionString))
        {
            await inside.OpenAsync(Cancel);
            await inside.ExecuteAsync("CREATE TABLE full_of_dead AS SELECT n, repeat('x', 500) AS text FROM generate_series(1, 20000) n; UPDATE full_of_dead SET n = n + 1", Cancel);
        }

        await Eventually.TrueAsync("the server vacuums the scratch database", TimeSpan.FromSeconds(60), async () =>
            (await administrator.ReadTextsAsync("SELECT datname::text FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND datname = 'scratch'", Cancel)).Count > 0, Cancel);
        await NewDatabase.DropAsync(connection, "scratch", Cancel);

        Assert.Empty(await connection.ReadTextsAsync("SELECT datname::text FROM pg_database WHERE datname = 'scratch'", Cancel));
    }
}
