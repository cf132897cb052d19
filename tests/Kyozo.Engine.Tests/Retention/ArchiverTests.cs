using Kyozo.Data.Health;
using Kyozo.Data.Metrics;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Retention;
using Kyozo.Testing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Engine.Tests.Retention;

public sealed class ArchiverTests(PostgresFixture postgres) : IAsyncLifetime
{
    static readonly DateTimeOffset Today = new(2026, 3, 10, 3, 10, 0, TimeSpan.Zero);

    TestDatabase _database = null!;
    MaintenanceDataSource _maintenance = null!;
    ServiceInstance _service = null!;
    readonly Followed _followed = new();

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    Archiver Archiver => new(_maintenance, new Rollup(_maintenance, new ThatDay()), Options.Create(new RetentionOptions { LockTimeout = TimeSpan.FromMilliseconds(50), MinuteRollups = TimeSpan.FromDays(60) }), [_followed], new ThatDay());

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Stop);
        _maintenance = new(_database.Maintenance);
        var team = await A.TeamAsync(_database, Stop);
        _service = await A.ServiceAsync(_database, await A.WorkspaceAsync(_database, team, Stop), Stop);
    }

    [Fact]
    public async Task Whole_days_past_their_limit_leave_and_nothing_else()
    {
        foreach (var age in new[] { 0, 6, 7, 8, 9, 29, 30, 31, 89, 90, 91, 120 }) await DayAsync(age);

        var done = (await Archiver.RunAsync(Stop))!;

        Assert.Equal(["deployment_events_20251110", "deployment_events_20251209"], done.Archived);
        Assert.Equal(done.Archived, _followed.Partitions);
        Assert.Equal([120, 91], await AgesAsync("deployment_events_archive", "occurred_at"));
        Assert.Equal([90, 89, 31, 30, 29, 9, 8, 7, 6, 0], await AgesAsync("deployment_events", "occurred_at"));
        Assert.Equal([30, 29, 9, 8, 7, 6, 0], await AgesAsync("health_checks", "checked_at"));
        Assert.Equal([7, 6, 0], await AgesAsync("service_metrics", "recorded_at"));
        Assert.Equal(0, await CountAsync("pg_class WHERE relkind = 'r' AND relname IN ('health_checks_20251110', 'service_metrics_20260302')"));
    }

    [Fact]
    public async Task A_second_run_finds_nothing_to_do()
    {
        foreach (var age in new[] { 8, 31, 91 }) await DayAsync(age);
        await Archiver.RunAsync(Stop);

        var again = (await Archiver.RunAsync(Stop))!;

        Assert.Empty(again.Archived);
        Assert.Empty(again.Dropped);
    }

    [Fact]
    public async Task The_archive_is_walled_like_the_live_table()
    {
        await DayAsync(91);
        await Archiver.RunAsync(Stop);

        await using var portal = new NpgsqlConnection(_database.Portal);
        await portal.OpenAsync(Stop);
        Assert.Equal(0L, await ScalarAsync(portal, "SELECT count(*) FROM deployment_events_archive"));
        await ScalarAsync(portal, $"SELECT set_config('app.team_id', '{_service.TeamId}', false)");
        Assert.Equal(1L, await ScalarAsync(portal, "SELECT count(*) FROM deployment_events_archive"));
        var direct = await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(portal, "SELECT count(*) FROM deployment_events_20251209"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, direct.SqlState);
    }

    [Fact]
    public async Task A_partition_that_was_detached_and_not_dropped_is_dropped_by_the_next_run()
    {
        await DayAsync(40);
        await _database.ExecuteAsync("ALTER TABLE health_checks DETACH PARTITION health_checks_20260129", Stop);

        var done = (await Archiver.RunAsync(Stop))!;

        Assert.Contains("health_checks_20260129", done.Dropped);
    }

    [Fact]
    public async Task A_table_that_only_looks_like_a_partition_and_a_day_not_yet_past_stay()
    {
        await _database.ExecuteAsync("CREATE TABLE health_checks_notes (n int); CREATE TABLE health_checks_20260309 (n int);", Stop);

        var done = (await Archiver.RunAsync(Stop))!;

        Assert.Empty(done.Dropped);
        Assert.Equal(2, await CountAsync("pg_class WHERE relname IN ('health_checks_notes', 'health_checks_20260309')"));
    }

    [Fact]
    public async Task An_interrupted_concurrent_detach_is_ended_first()
    {
        await DayAsync(40);
        await DayAsync(41);
        await InterruptDetachAsync("health_checks", "health_checks_20260128");

        var done = (await Archiver.RunAsync(Stop))!;

        Assert.Equal(["health_checks_20260128", "health_checks_20260129"], done.Dropped.Where(d => d.StartsWith("health_checks", StringComparison.Ordinal)));
        Assert.Empty(await AgesAsync("health_checks", "checked_at"));
    }

    [Fact]
    public async Task It_waits_for_a_writer_only_briefly_and_comes_through_when_he_is_done()
    {
        await DayAsync(91);
        await using var writer = new NpgsqlConnection(_database.Admin);
        await writer.OpenAsync(Stop);
        var transaction = await writer.BeginTransactionAsync(Stop);
        await ScalarAsync(writer, "SELECT count(*) FROM deployment_events");

        var archival = Archiver.RunAsync(Stop);
        await Eventually.TrueAsync(
            "the archival to meet the writer's lock", TimeSpan.FromSeconds(20),
            async () => await CountAsync("pg_locks WHERE NOT granted AND relation = 'deployment_events'::regclass") > 0, Stop);
        Assert.False(archival.IsCompleted);
        await transaction.CommitAsync(Stop);

        Assert.Equal(["deployment_events_20251209"], (await archival)!.Archived);
    }

    [Fact]
    public async Task Two_archivals_at_once_are_one_twenty_times()
    {
        for (var round = 1; round <= 20; round++)
        {
            await DayAsync(90 + round);

            var both = await Task.WhenAll(Archiver.RunAsync(Stop), Archiver.RunAsync(Stop));

            // The second finds the first at work, or nothing left to do: in both cases it ends well.
            Assert.Equal((1, 2), (both.Sum(done => done?.Archived.Count ?? 0), both.Sum(done => done?.Dropped.Count ?? 0)));
            Assert.Equal(round, await CountAsync("deployment_events_archive"));
        }
    }

    [Fact]
    public async Task Events_that_were_detached_and_not_attached_come_into_the_archive_with_the_next_run()
    {
        await DayAsync(95);
        await _database.ExecuteAsync("ALTER TABLE deployment_events DETACH PARTITION deployment_events_20251205", Stop);

        Assert.Equal(["deployment_events_20251205"], (await Archiver.RunAsync(Stop))!.Archived);
        Assert.Equal([95], await AgesAsync("deployment_events_archive", "occurred_at"));
    }

    [Fact]
    public async Task A_reader_who_stays_makes_the_detach_wait_and_is_not_disturbed()
    {
        await DayAsync(40);
        await using var reader = new NpgsqlConnection(_database.Admin);
        await reader.OpenAsync(Stop);
        var transaction = await reader.BeginTransactionAsync(Stop);
        await ScalarAsync(reader, "SELECT count(*) FROM health_checks");

        var archival = Archiver.RunAsync(Stop);
        await Eventually.TrueAsync(
            "the detach to be pending", TimeSpan.FromSeconds(20),
            async () => await CountAsync("pg_inherits WHERE inhdetachpending") == 1, Stop);
        Assert.Equal(0L, await ScalarAsync(reader, "SELECT count(*) FROM health_checks WHERE status = 'unknown'"));
        await transaction.CommitAsync(Stop);

        Assert.Contains("health_checks_20260129", (await archival)!.Dropped);
    }

    [Fact]
    public async Task Nothing_is_dropped_that_is_not_rolled_up_to_its_last_row()
    {
        await DayAsync(40);

        var done = await Archiver.RunAsync(Stop);

        Assert.Contains("health_checks_20260129", done!.Dropped);
        Assert.Equal(3, await CountAsync("health_rollups WHERE healthy = 1"));
        Assert.Equal(0, await CountAsync("rollup_marks WHERE bucket < '2026-02-28'"));
    }

    [Fact]
    public async Task A_row_that_is_in_no_minute_yet_is_in_its_hour_and_day_before_the_minutes_are_forgotten()
    {
        await DayAsync(40);
        var archiver = new Archiver(_maintenance, new Rollup(_maintenance, new ThatDay()), Options.Create(new RetentionOptions()), [], new ThatDay());

        Assert.Equal(["health_rollups_minute_20260129", "metric_rollups_minute_20260129"], (await archiver.RunAsync(Stop))!.Minutes.Where(minutes => minutes.EndsWith("20260129", StringComparison.Ordinal)));

        foreach (var table in new[] { "health_rollups", "metric_rollups" })
            Assert.Equal("day hour", await _database.ReadAsync<string>($"SELECT string_agg(resolution, ' ' ORDER BY resolution) FROM {table}", Stop));
    }

    [Fact]
    public async Task Minutes_go_by_whole_days_also_those_that_an_earlier_run_took_off_and_did_not_drop()
    {
        await DayAsync(15);
        await DayAsync(16);
        await new Rollup(_maintenance, new ThatDay()).RunAsync(Stop);
        await _database.ExecuteAsync("ALTER TABLE metric_rollups_minute DETACH PARTITION metric_rollups_minute_20260222", Stop);
        await InterruptDetachAsync("metric_rollups_minute", "metric_rollups_minute_20260223");
        var archiver = new Archiver(_maintenance, new Rollup(_maintenance, new ThatDay()), Options.Create(new RetentionOptions()), [], new ThatDay());

        // Checks stay for 30 days, and their minutes as long as they.
        Assert.Equal(["metric_rollups_minute_20260222", "metric_rollups_minute_20260223"], (await archiver.RunAsync(Stop))!.Minutes);
        Assert.Equal(2, await CountAsync("health_rollups WHERE resolution = 'minute'"));
        Assert.Equal("day 2, hour 2", await _database.ReadAsync<string>("SELECT string_agg(resolution || ' ' || n, ', ' ORDER BY resolution) FROM (SELECT resolution, count(*) AS n FROM metric_rollups GROUP BY 1) rollups", Stop));
    }

    [Fact]
    public async Task What_was_written_today_is_left_to_the_job_that_rolls_up()
    {
        foreach (var age in new[] { 1, 40 }) await DayAsync(age);

        Assert.Equal(2, (await Archiver.RunAsync(Stop))!.Dropped.Count);

        Assert.Equal(2, await CountAsync("rollup_marks WHERE bucket > '2026-03-08'"));
        Assert.Equal(0, await CountAsync("rollup_marks WHERE bucket < '2026-03-08'"));
    }

    [Fact]
    public async Task A_workspace_that_wants_longer_keeps_the_days_of_all()
    {
        foreach (var age in new[] { 40, 61 }) await DayAsync(age);
        await _database.ExecuteAsync($"UPDATE workspaces SET health_check_retention_days = 60 WHERE id = '{_service.WorkspaceId}'", Stop);

        await Archiver.RunAsync(Stop);

        Assert.Equal([40], await AgesAsync("health_checks", "checked_at"));
        Assert.Empty(await AgesAsync("service_metrics", "recorded_at"));
    }

    [Theory]
    [InlineData("event_retention_days = 89")]
    [InlineData("health_check_retention_days = 29")]
    [InlineData("metric_retention_days = 6")]
    [InlineData("metric_retention_days = 366")]
    public async Task A_workspace_cannot_shorten_or_go_beyond_a_year(string wish) =>
        Assert.Equal("valid_retention", (await Assert.ThrowsAsync<PostgresException>(() => _database.ExecuteAsync($"UPDATE workspaces SET {wish}", Stop))).ConstraintName);

    [Fact]
    public async Task The_plan_says_what_would_go_and_until_when_the_rest_is_kept()
    {
        foreach (var age in new[] { 6, 8, 91 }) await DayAsync(age);

        var plan = (await Archiver.PlanAsync(Stop)).Where(planned => planned.Stored.Partition.Day < new DateOnly(2026, 3, 10)).ToList();

        Assert.Equal(
            ["deployment_events_20251209", "health_checks_20251209", "service_metrics_20251209", "service_metrics_20260302"],
            plan.Where(planned => planned.Goes).Select(planned => planned.Stored.Partition.Name));
        Assert.All(plan.Where(planned => planned.Goes), planned => Assert.Equal(1, planned.Stored.Rows));
        Assert.Equal(new(2026, 3, 12, 0, 0, 0, TimeSpan.Zero), plan.Single(planned => planned.Stored.Partition.Name == "service_metrics_20260304").GoesAt);
        Assert.Equal(0, await CountAsync("deployment_events_archive"));
    }

    [Fact]
    public async Task While_a_backup_holds_the_lock_nothing_is_done()
    {
        await DayAsync(91);
        await using var backup = new NpgsqlConnection(_database.Admin);
        await backup.OpenAsync(Stop);
        await using var held = await DatabaseLocks.TryTakeAsync(backup, DatabaseLocks.Retention, Stop);
        Assert.NotNull(held);

        Assert.Null(await Archiver.RunAsync(Stop));
        Assert.Equal(0, await CountAsync("deployment_events_archive"));
    }

    public async ValueTask DisposeAsync()
    {
        await _maintenance.DisposeAsync();
        await _database.DisposeAsync();
    }

    // One event, one check and one metric of a day that many days ago, with the partitions they need.
    async Task DayAsync(int age)
    {
        var noon = Today.AddDays(-age).Date.AddHours(12);
        var day = DateOnly.FromDateTime(noon);
        foreach (var (table, _) in Partitions.TimeSeries)
        {
            await _database.ExecuteAsync(
                $"""
                SET ROLE kyozo_owner;
                CREATE TABLE {Partitions.NameOf(table, day)} PARTITION OF {table} FOR VALUES FROM ('{day:yyyy-MM-dd}+00') TO ('{day.AddDays(1):yyyy-MM-dd}+00');
                ALTER TABLE {Partitions.NameOf(table, day)} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
                CREATE POLICY owner ON {Partitions.NameOf(table, day)} TO kyozo_owner USING (true) WITH CHECK (true);
                """,
                Stop);
        }

        var at = new DateTimeOffset(DateTime.SpecifyKind(noon, DateTimeKind.Utc));
        await using var db = _database.OpenAsAdmin();
        db.Add(new HealthCheck { Id = A.Id(), TeamId = _service.TeamId, ServiceInstanceId = _service.Id, CheckType = CheckType.Tcp, Status = CheckStatus.Healthy, CheckedAt = at });
        db.Add(new ServiceMetric { Id = A.Id(), TeamId = _service.TeamId, ServiceInstanceId = _service.Id, MetricType = MetricType.Cpu, Value = 0.5, Unit = "ratio", RecordedAt = at });
        await db.SaveChangesAsync(Stop);
        await _database.ExecuteAsync(
            $"""
            INSERT INTO deployment_events (id, occurred_at, team_id, service_instance_id, event_type, event_data, sequence_num, hash)
            VALUES ('{A.Id()}', '{at:O}', '{_service.TeamId}', '{_service.Id}', 'service_started', '{"{}"}', {1000 - age}, '')
            """,
            Stop);
    }

    // A concurrent detach waits for old readers in its second half; ended there, it stays pending.
    async Task InterruptDetachAsync(string table, string partition)
    {
        await using var reader = new NpgsqlConnection(_database.Admin);
        await reader.OpenAsync(Stop);
        var transaction = await reader.BeginTransactionAsync(Stop);
        await ScalarAsync(reader, $"SELECT count(*) FROM {table}");
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        await using var detacher = new NpgsqlConnection(_database.Admin);
        await detacher.OpenAsync(Stop);
        await using var command = new NpgsqlCommand($"ALTER TABLE {table} DETACH PARTITION {partition} CONCURRENTLY", detacher);
        var detaching = command.ExecuteNonQueryAsync(kill.Token);
        await Eventually.TrueAsync(
            "the detach to be pending", TimeSpan.FromSeconds(20),
            async () => await CountAsync($"pg_inherits WHERE inhrelid = '{partition}'::regclass AND inhdetachpending") == 1, Stop);
        await kill.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => detaching);
        await transaction.RollbackAsync(Stop);
    }

    async Task<IEnumerable<int>> AgesAsync(string table, string column)
    {
        await using var connection = new NpgsqlConnection(_database.Admin);
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand($"SELECT ('{Today:yyyy-MM-dd}'::date - ({column} AT TIME ZONE 'UTC')::date)::int FROM {table} ORDER BY 1 DESC", connection);
        await using var reader = await command.ExecuteReaderAsync(Stop);
        var ages = new List<int>();
        while (await reader.ReadAsync(Stop)) ages.Add(reader.GetInt32(0));
        return ages;
    }

    async Task<long> CountAsync(string fromWhere) => await _database.ReadAsync<long>($"SELECT count(*) FROM {fromWhere}", Stop);

    static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Stop);
    }

    sealed class Followed : IArchivalFollower
    {
        public List<string> Partitions { get; } = [];

        public Task ArchivedAsync(IReadOnlyList<string> partitions, CancellationToken cancellationToken)
        {
            Partitions.AddRange(partitions);
            return Task.CompletedTask;
        }
    }

    // The day is fixed, the pauses between two attempts are real.
    sealed class ThatDay : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Today;
    }
}
