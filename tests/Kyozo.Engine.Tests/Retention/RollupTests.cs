using Kyozo.Data.Health;
using Kyozo.Data.Metrics;
using Kyozo.Data.Retention;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Retention;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Kyozo.Engine.Tests.Retention;

public sealed class RollupTests(PostgresFixture postgres) : IAsyncLifetime
{
    /// <summary>Ten past one in the afternoon of today: the days around are prepared.</summary>
    static readonly DateTimeOffset Start = new(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddHours(13).AddMinutes(10), TimeSpan.Zero);

    readonly FakeTimeProvider _clock = new(Start);
    TestDatabase _database = null!;
    MaintenanceDataSource _maintenance = null!;
    ServiceInstance _service = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    Rollup Rollup => new(_maintenance, _clock);

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Stop);
        _maintenance = new(_database.Maintenance);
        _service = await A.ServiceAsync(_database, await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Stop), Stop), Stop);
    }

    [Fact]
    public async Task A_minute_an_hour_and_a_day_tell_what_their_values_were()
    {
        // Of yesterday, so that the day is over too.
        await MeasureAsync((-1510, 0.5), (-1509.5, 0.25), (-1509, 1), (-1470, 0.125));

        await Rollup.RunAsync(Stop);

        var hour = Start.AddMinutes(-1510);
        Assert.Equal(
            [
                (RollupResolution.Minute, hour, 2, 0.75, 0.25, 0.5, 0.25), (RollupResolution.Minute, hour.AddMinutes(1), 1, 1, 1, 1, 1), (RollupResolution.Minute, hour.AddMinutes(40), 1, 0.125, 0.125, 0.125, 0.125),
                (RollupResolution.Hour, hour, 4, 1.875, 0.125, 1, 0.125), (RollupResolution.Day, hour.AddHours(-12), 4, 1.875, 0.125, 1, 0.125),
            ],
            (await BucketsAsync()).Select(b => (b.Resolution, b.Bucket, b.Count, b.Sum, b.Min, b.Max, b.Last)));
    }

    [Fact]
    public async Task Checks_are_counted_by_status_with_the_time_of_their_answers()
    {
        await CheckAsync((CheckStatus.Healthy, 10), (CheckStatus.Healthy, 30), (CheckStatus.TimedOut, null), (CheckStatus.Unhealthy, 5), (CheckStatus.Unknown, null));

        await Rollup.RunAsync(Stop);

        await using var db = _database.OpenAsAdmin();
        foreach (var resolution in Enum.GetValues<RollupResolution>())
        {
            var bucket = await db.HealthRollups.SingleAsync(r => r.Resolution == resolution, Stop);
            Assert.Equal((2, 1, 1, 1, 3, 45, 30), (bucket.Healthy, bucket.Unhealthy, bucket.TimedOut, bucket.Unknown, bucket.Answered, bucket.ResponseTimeSumMs, bucket.ResponseTimeMaxMs));
        }
    }

    [Fact]
    public async Task A_second_run_finds_nothing_to_do()
    {
        await MeasureAsync((-70, 0.5), (-5, 0.25));
        Assert.True(await Rollup.RunAsync(Stop) > 0);

        Assert.Equal(0, await Rollup.RunAsync(Stop));
    }

    [Fact]
    public async Task A_minute_that_is_not_over_waits_until_it_is()
    {
        await MeasureAsync((0.2, 0.5));

        Assert.Equal(0, await Rollup.RunAsync(Stop));
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(3, await Rollup.RunAsync(Stop) + await LaterAsync());
    }

    [Fact]
    public async Task The_hour_and_day_under_way_are_shown_before_they_are_over_and_again_when_they_are()
    {
        await MeasureAsync((-9, 0.5));
        await Rollup.RunAsync(Stop);
        Assert.Equal([RollupResolution.Minute], (await BucketsAsync()).Select(b => b.Resolution));

        _clock.Advance(TimeSpan.FromMinutes(6));
        await Rollup.RunAsync(Stop);
        Assert.Equal(1, (await BucketsAsync()).Single(b => b.Resolution == RollupResolution.Hour).Count);

        await MeasureAsync((3, 0.25));
        _clock.Advance(TimeSpan.FromHours(11));
        await Rollup.RunAsync(Stop);
        Assert.Equal([2, 2], (await BucketsAsync()).Where(b => b.Resolution != RollupResolution.Minute).Select(b => b.Count));
        Assert.Equal(0, await _database.ReadAsync<long>("SELECT count(*) FROM rollup_marks", Stop));
    }

    [Fact]
    public async Task Rows_that_come_late_end_in_the_same_buckets_as_if_they_had_come_in_time()
    {
        (double, double)[] values = [(-200, 0.1), (-199.9, 0.2), (-130, 0.3), (-130.1, 0.7), (-65, 0.123456789), (-64.9, 0.987654321)];
        var other = await A.ServiceAsync(_database, await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Stop), Stop), Stop);
        await MeasureAsync(other, values);
        await Rollup.RunAsync(Stop);

        foreach (var late in values.Reverse())
        {
            await MeasureAsync(late);
            await Rollup.RunAsync(Stop);
        }

        var both = (await BucketsAsync(all: true)).ToLookup(b => b.ServiceInstanceId, b => (b.Resolution, b.Bucket, b.Count, b.Sum, b.Min, b.Max, b.Last));
        Assert.NotEmpty(both[other.Id]);
        Assert.Equal(both[other.Id], both[_service.Id]);
    }

    [Fact]
    public async Task A_row_that_is_not_committed_when_its_minute_is_rolled_up_is_not_forgotten()
    {
        await MeasureAsync((-70, 0.5));
        await using var writer = new NpgsqlConnection(_database.Worker);
        await writer.OpenAsync(Stop);
        var transaction = await writer.BeginTransactionAsync(Stop);
        await using var insert = new NpgsqlCommand(Insert(_service, (-70, 1)), writer);
        await insert.ExecuteNonQueryAsync(Stop);

        await Rollup.RunAsync(Stop);
        Assert.All(await BucketsAsync(), b => Assert.Equal(1, b.Count));
        await transaction.CommitAsync(Stop);
        await Rollup.RunAsync(Stop);

        Assert.All(await BucketsAsync(), b => Assert.Equal((2, 1.5), (b.Count, b.Sum)));
    }

    [Fact]
    public async Task A_step_that_breaks_off_leaves_its_marks_and_its_buckets_as_they_were()
    {
        await MeasureAsync((-1510, 0.5));
        await _database.ExecuteAsync("ALTER TABLE metric_rollups ADD CONSTRAINT broken CHECK (resolution <> 'minute')", Stop);
        var marks = await _database.ReadAsync<long>("SELECT count(*) FROM rollup_marks", Stop);
        await Assert.ThrowsAsync<PostgresException>(() => Rollup.RunAsync(Stop));
        Assert.Equal(marks, await _database.ReadAsync<long>("SELECT count(*) FROM rollup_marks", Stop));
        Assert.Empty(await BucketsAsync());

        await _database.ExecuteAsync("ALTER TABLE metric_rollups DROP CONSTRAINT broken", Stop);
        await Rollup.RunAsync(Stop);

        Assert.Equal(3, (await BucketsAsync()).Count);
    }

    [Fact]
    public async Task Two_roll_ups_at_once_are_one()
    {
        await MeasureAsync([.. Enumerable.Range(61, 300).Select(i => (-(double)i, 0.5))]);

        var made = await Task.WhenAll(Rollup.RunAsync(Stop), Rollup.RunAsync(Stop));

        var buckets = await BucketsAsync();
        Assert.Equal(buckets.Count, made.Sum());
        Assert.Equal([300, 300], buckets.Where(b => b.Resolution != RollupResolution.Day).GroupBy(b => b.Resolution).Select(g => g.Sum(b => b.Count)));
    }

    [Fact]
    public async Task The_portal_reads_the_roll_ups_of_its_team_and_nobody_but_the_owner_writes_them()
    {
        await MeasureAsync((-70, 0.5));
        await Rollup.RunAsync(Stop);

        foreach (var (role, sql) in new[]
                 {
                     (_database.Portal, "DELETE FROM metric_rollups"), (_database.Worker, "DELETE FROM metric_rollups"), (_database.Worker, "DELETE FROM rollup_marks"),
                     (_database.Worker, "INSERT INTO rollup_marks VALUES ('service_metrics', 'minute', now(), now())"), (_database.Gateway, "SELECT count(*) FROM metric_rollups"),
                 })
        {
            await using var connection = new NpgsqlConnection(role);
            await connection.OpenAsync(Stop);
            await using var command = new NpgsqlCommand(sql, connection);
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Stop))).SqlState);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _maintenance.DisposeAsync();
        await _database.DisposeAsync();
    }

    // What the refresh of hour and day under way still brings.
    async Task<long> LaterAsync()
    {
        var made = 0L;
        for (var i = 0; i < 12; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(6));
            made += await Rollup.RunAsync(Stop);
        }

        return made;
    }

    Task MeasureAsync(params (double Minutes, double Value)[] values) => MeasureAsync(_service, values);

    // As the worker, whose role may insert and nothing else.
    async Task MeasureAsync(ServiceInstance service, params (double Minutes, double Value)[] values)
    {
        await using var worker = new NpgsqlConnection(_database.Worker);
        await worker.OpenAsync(Stop);
        await using var command = new NpgsqlCommand(Insert(service, values), worker);
        await command.ExecuteNonQueryAsync(Stop);
    }

    static string Insert(ServiceInstance service, params (double Minutes, double Value)[] values) =>
        "INSERT INTO service_metrics (id, team_id, service_instance_id, metric_type, value, unit, recorded_at) VALUES "
        + string.Join(", ", values.Select(v => FormattableString.Invariant($"('{A.Id()}', '{service.TeamId}', '{service.Id}', 'cpu', {v.Value}, 'ratio', '{Start.AddMinutes(v.Minutes):O}')")));

    async Task CheckAsync(params (CheckStatus Status, double? Milliseconds)[] checks)
    {
        await using var db = _database.OpenAsAdmin();
        db.AddRange(checks.Select(check => new HealthCheck
        {
            Id = A.Id(),
            TeamId = _service.TeamId,
            ServiceInstanceId = _service.Id,
            CheckType = CheckType.Http,
            Status = check.Status,
            ResponseTimeMs = check.Milliseconds,
            CheckedAt = Start.AddHours(-20),
        }));
        await db.SaveChangesAsync(Stop);
    }

    async Task<List<MetricRollup>> BucketsAsync(bool all = false)
    {
        await using var db = _database.OpenAsAdmin();
        var buckets = await db.MetricRollups.AsNoTracking().Where(b => all || b.ServiceInstanceId == _service.Id).ToListAsync(Stop);
        return [.. buckets.OrderBy(b => b.Resolution).ThenBy(b => b.Bucket)];
    }
}
