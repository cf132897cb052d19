using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Maintenance;
using Kyozo.Testing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Engine.Tests.Maintenance;

public sealed class TableUpkeepTests(PostgresFixture postgres) : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    TestDatabase _database = null!;
    MaintenanceDataSource _maintenance = null!;
    ServiceInstance _service = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    TableUpkeep Upkeep(MaintenanceOptions? options = null) =>
        new(_maintenance, Options.Create(options ?? new() { LockTimeout = TimeSpan.FromMilliseconds(200), Attempts = 200 }), TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Stop);
        _maintenance = new(_database.Maintenance);
        _service = await A.ServiceAsync(_database, await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Stop), Stop), Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _maintenance.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_reindex_builds_every_partitions_indexes_anew_beside_writers_and_leaves_them_valid()
    {
        var before = await FilesAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var writers = Enumerable.Range(0, 3).Select(_ => WriteAsync(over.Token)).ToList();

        var done = await Upkeep().ReindexAsync(Stop);
        await over.CancelAsync();
        var written = (await Task.WhenAll(writers)).Sum();

        Assert.Empty(done.Failed);
        Assert.Equal(Partitions.Tables.Count * (Partitions.DaysAhead + 2), done.Tables.Count);
        Assert.Empty(before.Intersect(await FilesAsync()));
        Assert.True(written > 0);
        Assert.Equal(written, await _database.ReadAsync<long>("SELECT count(*) FROM service_metrics", Stop));
        Assert.Equal(0, await _database.ReadAsync<long>("SELECT count(*) FROM pg_index WHERE NOT indisvalid OR NOT indisready", Stop));
        Assert.DoesNotContain(await new SchemaVerifier(_database.Admin, TimeProvider.System).VerifyAsync(Stop), item => item.Fault is not null);
    }

    [Fact]
    public async Task What_an_interrupted_reindex_left_is_dropped()
    {
        var today = Partitions.NameOf("health_checks", DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime));
        await InterruptReindexAsync(today);
        Assert.NotEqual(0, await _database.ReadAsync<long>("SELECT count(*) FROM pg_index WHERE NOT indisvalid", Stop));

        var done = await Upkeep().ReindexAsync(Stop);

        Assert.NotEmpty(done.Dropped);
        Assert.All(done.Dropped, index => Assert.Matches("_cc(new|old)", index));
        Assert.Equal(0, await _database.ReadAsync<long>("SELECT count(*) FROM pg_index WHERE NOT indisvalid", Stop));
    }

    [Fact]
    public async Task A_partition_that_stays_busy_is_named_and_the_others_are_done()
    {
        await using var writer = new NpgsqlConnection(_database.Admin);
        await writer.OpenAsync(Stop);
        var tomorrow = Partitions.NameOf("service_metrics", DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(1));
        await using (var hold = new NpgsqlCommand($"BEGIN; LOCK TABLE {tomorrow} IN SHARE UPDATE EXCLUSIVE MODE", writer)) await hold.ExecuteNonQueryAsync(Stop);

        var done = await Upkeep(new() { LockTimeout = TimeSpan.FromMilliseconds(50), Attempts = 2 }).ReindexAsync(Stop);

        Assert.StartsWith(tomorrow, Assert.Single(done.Failed), StringComparison.Ordinal);
        Assert.Equal((Partitions.Tables.Count * (Partitions.DaysAhead + 2)) - 1, done.Tables.Count);
    }

    [Fact]
    public async Task A_reindex_does_not_run_beside_a_backup()
    {
        await using var session = await _maintenance.OpenAsync(Stop);
        await using var backup = await DatabaseLocks.TryTakeAsync(session, DatabaseLocks.Retention, Stop);

        await Assert.ThrowsAsync<TimeoutException>(() => Upkeep(new() { Patience = TimeSpan.Zero }).ReindexAsync(Stop));
    }

    [Fact]
    public async Task Statistics_are_made_also_of_the_partitioned_parents()
    {
        await _database.ExecuteAsync($"INSERT INTO service_metrics (id, recorded_at, team_id, service_instance_id, metric_type, value, unit) SELECT gen_random_uuid(), now(), '{_service.TeamId}', '{_service.Id}', 'cpu', 0.5, 'ratio' FROM generate_series(1, 500)", Stop);

        Assert.True(await Upkeep().AnalyzeAsync(Stop) > 10);
        Assert.Equal(500, await _database.ReadAsync<float>("SELECT reltuples FROM pg_class WHERE oid = 'service_metrics'::regclass", Stop));
        Assert.NotEqual(0, await _database.ReadAsync<long>("SELECT count(*) FROM pg_stats WHERE tablename = 'service_metrics'", Stop));

        Assert.Equal(Partitions.Tables.Count + 1, await Upkeep().VacuumAsync(Stop));
        Assert.NotEqual(0, await _database.ReadAsync<long>("SELECT count(*) FROM pg_stat_user_tables WHERE relname LIKE 'service_metrics_%' AND last_vacuum IS NOT NULL", Stop));
    }

    async Task<long> WriteAsync(CancellationToken cancellationToken)
    {
        var written = 0L;
        await using var connection = new NpgsqlConnection(_database.Worker);
        await connection.OpenAsync(Stop);
        await using var insert = new NpgsqlCommand("INSERT INTO service_metrics (id, recorded_at, team_id, service_instance_id, metric_type, value, unit) VALUES (gen_random_uuid(), now(), $1, $2, 'cpu', 0.5, 'ratio')", connection)
        {
            Parameters = { new() { Value = _service.TeamId }, new() { Value = _service.Id } },
        };
        while (!cancellationToken.IsCancellationRequested) written += await insert.ExecuteNonQueryAsync(Stop);
        return written;
    }

    // The files in which the indexes lie: a new index has a new one.
    async Task<string[]> FilesAsync() => (await _database.ReadAsync<string[]>(
        """
        SELECT array_agg(pg_relation_filepath(x.indexrelid)) FROM pg_inherits i JOIN pg_index x ON x.indrelid = i.inhrelid
        WHERE i.inhparent IN ('deployment_events'::regclass, 'health_checks'::regclass, 'service_metrics'::regclass)
        """, Stop))!;

    // It waits for an old reader after it has built; ended there, both indexes stay.
    async Task InterruptReindexAsync(string partition)
    {
        await using var reader = new NpgsqlConnection(_database.Admin);
        await reader.OpenAsync(Stop);
        await using (var read = new NpgsqlCommand($"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM {partition}", reader)) await read.ExecuteScalarAsync(Stop);
        await using var connection = new NpgsqlConnection(_database.Admin);
        await connection.OpenAsync(Stop);
        await using var reindex = new NpgsqlCommand($"REINDEX TABLE CONCURRENTLY {partition}", connection);
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var running = reindex.ExecuteNonQueryAsync(kill.Token);
        await Eventually.TrueAsync("the reindex to wait for the reader", Patience, async () => await _database.ReadAsync<long>("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'virtualxid'", Stop) > 0, Stop);
        await kill.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
