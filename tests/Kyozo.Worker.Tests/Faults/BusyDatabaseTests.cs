using Kyozo.Data.Deployments;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Worker.Tests.Faults;

/// <summary>Every connection of the worker's pool is taken by slow queries (SAFETY F-29), a client with a lock is killed (F-36).</summary>
public sealed class BusyDatabaseTests(PostgresFixture postgres)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_the_pool_exhausted_the_schedule_and_the_leases_go_on()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);
        await using var worker = WorkerHost.Start(
            database, ("Kyozo:Schedule:StagingSweep", "00:00:01"),
            ("ConnectionStrings:kyozodb", new NpgsqlConnectionStringBuilder(database.Worker) { MaxPoolSize = 5, Timeout = 2 }.ConnectionString));
        await Faults.JobRanAsync(database, "staging-sweep", DateTimeOffset.MinValue, Stop);
        var pool = worker.Services.GetRequiredService<NpgsqlDataSource>();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var slow = Enumerable.Range(0, 50).Select(_ => SlowAsync(pool, over.Token)).ToList();
        await Eventually.TrueAsync("the pool is exhausted", Faults.Recovery, async () => await BusyAsync(pool), Stop);

        var since = TimeProvider.System.GetUtcNow();
        Assert.Null(await worker.Services.GetRequiredService<DeploymentLeases>().ClaimAsync("somebody", [WellKnown.LocalEngine], TimeSpan.FromSeconds(30), Stop));
        await Faults.JobRanAsync(database, "staging-sweep", since, Stop);

        Assert.True(await BusyAsync(pool));
        await over.CancelAsync();
        await Task.WhenAll(slow);
    }

    [Fact]
    public async Task The_lock_of_a_killed_client_is_free_although_its_query_still_ran()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);
        var settings = new NpgsqlConnectionStringBuilder(database.Admin);
        using var killed = new CancellationTokenSource();
        var holder = Command.RunAsync(
            "/usr/bin/psql", ["-h", settings.Host!, "-p", $"{settings.Port}", "-U", settings.Username!, "-d", settings.Database!, "-c", "SELECT pg_advisory_lock(42), pg_sleep(600)"],
            killed.Token, new Dictionary<string, string?> { ["PGPASSWORD"] = settings.Password });
        await Eventually.TrueAsync("the lock is held", Faults.Recovery, async () => await database.ReadAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42", Stop) == 1, Stop);

        await killed.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => holder);

        // SAFETY allows 15 s; without client_connection_check_interval it would be ten minutes.
        await Eventually.TrueAsync("the lock is free", TimeSpan.FromSeconds(15), () => database.ReadAsync<bool>("SELECT pg_try_advisory_lock(42)", Stop), Stop);
    }

    static async Task SlowAsync(NpgsqlDataSource pool, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                await using var command = pool.CreateCommand("SELECT pg_sleep(600)");
                await command.ExecuteNonQueryAsync(over);
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
            {
                // No connection within the timeout: the next attempt waits as long.
            }
        }
    }

    static async Task<bool> BusyAsync(NpgsqlDataSource pool)
    {
        try
        {
            await using var connection = await pool.OpenConnectionAsync(Stop);
            return false;
        }
        catch (NpgsqlException e)
        {
            Assert.Contains("pool", e.Message, StringComparison.OrdinalIgnoreCase);
            return true;
        }
    }
}
