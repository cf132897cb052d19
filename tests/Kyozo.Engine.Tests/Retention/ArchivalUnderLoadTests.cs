using System.Collections.Concurrent;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Retention;
using Kyozo.Testing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Engine.Tests.Retention;

/// <summary>SAFETY F-05: archival while services write.</summary>
public sealed class ArchivalUnderLoadTests(PostgresFixture postgres) : IAsyncLifetime
{
    const int Days = 12;

    /// <summary>PostgreSQL itself counts: whoever waits longer for a lock than SAFETY allows fails with 55P03.</summary>
    const string LongestWait = "1s";

    TestDatabase _database = null!;
    MaintenanceDataSource _maintenance = null!;
    ServiceInstance _service = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Stop);
        _maintenance = new(_database.Maintenance);
        _service = await A.ServiceAsync(_database, await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Stop), Stop), Stop);
    }

    [Fact]
    public async Task Writers_lose_nothing_and_none_fails_or_waits_long_while_days_go()
    {
        foreach (var age in new[] { 97, 47, 22 }) await new Partitions(_maintenance, new DayAgo(age)).EnsureAsync(Stop);
        var archiver = new Archiver(_maintenance, new Rollup(_maintenance, TimeProvider.System), Options.Create(new RetentionOptions()), [], TimeProvider.System);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var written = new ConcurrentBag<int>();
        var writers = Enumerable.Range(0, 4).Select(_ => WriteAsync(written, ended.Token)).ToList();
        await Eventually.TrueAsync("every writer to write", TimeSpan.FromSeconds(20), () => Task.FromResult(written.Count > 20), Stop);

        var done = await archiver.RunAsync(Stop);
        await ended.CancelAsync();
        await Task.WhenAll(writers);

        TestContext.Current.TestOutputHelper!.WriteLine($"{Extent.AsRun}F-05: 4 writers, {4 * written.Sum():#,0} rows written while {done!.Archived.Count + done.Dropped.Count} days went");
        Assert.True(done.Archived.Count > 5 && done.Dropped.Count > 2 * Days, done.ToString());
        foreach (var table in Partitions.TimeSeries.Keys)
            Assert.Equal(written.Sum(), await _database.ReadAsync<long>($"SELECT count(*) FROM {table}", Stop));
    }

    // What a worker does: events, checks, metrics, and the state of services, whose table partitions refer to.
    async Task WriteAsync(ConcurrentBag<int> written, CancellationToken ended)
    {
        await using var connection = new NpgsqlConnection(_database.Worker);
        await connection.OpenAsync(Stop);
        await using var limit = new NpgsqlCommand($"SET lock_timeout = '{LongestWait}'", connection);
        await limit.ExecuteNonQueryAsync(Stop);
        while (!ended.IsCancellationRequested)
        {
            await using var write = new NpgsqlCommand(
                $"""
                INSERT INTO health_checks (id, team_id, service_instance_id, check_type, status, checked_at) VALUES ('{A.Id()}', '{_service.TeamId}', '{_service.Id}', 'http', 'healthy', now());
                INSERT INTO service_metrics (id, team_id, service_instance_id, metric_type, value, unit, recorded_at) VALUES ('{A.Id()}', '{_service.TeamId}', '{_service.Id}', 'cpu', 0.5, 'ratio', now());
                UPDATE service_instances SET updated_at = now() WHERE id = '{_service.Id}';
                SELECT append_event('{A.Id()}', '{_service.TeamId}', '{_service.Id}', 'service_started', '{"{}"}');
                """,
                connection);
            await write.ExecuteNonQueryAsync(Stop);
            written.Add(1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _maintenance.DisposeAsync();
        await _database.DisposeAsync();
    }

    sealed class DayAgo(int days) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(-days);
    }
}
