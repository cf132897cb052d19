using System.Diagnostics;
using System.Globalization;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Retention;
using Kyozo.Testing;

namespace Kyozo.Cli.Tests.Commands;

/// <summary><c>kyozo db archive</c> as a person runs it, and as nobody should end it (SAFETY F-04).</summary>
public sealed class DbArchiveTests(PostgresFixture postgres) : IAsyncLifetime
{
    static readonly int Kills = Extent.Of(5, 10);
    static readonly int Rows = Extent.Of(200_000, 500_000);

    // Else the minutes of days past their limit would be gone too, and could not be compared.
    const string KeepMinutes = "Kyozo__Retention__MinuteRollups";

    TestDatabase _database = null!;
    ServiceInstance _service = null!;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Token);
        _service = await A.ServiceAsync(_database, await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Token), Token, slug: "shop"), Token);
        foreach (var age in new[] { 96, 36, 13 })
        {
            await using var maintenance = new MaintenanceDataSource(_database.Maintenance);
            await new Partitions(maintenance, new DaysAgo(age)).EnsureAsync(Token);
        }
    }

    [Fact]
    public async Task A_dry_run_says_what_would_go_and_why_and_a_run_does_that()
    {
        await FillAsync(rows: 300);
        await _database.ExecuteAsync("UPDATE workspaces SET metric_retention_days = 9 WHERE slug = 'shop'", Token);
        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

        var plan = (await KyozoAsync("db", "archive", "--dry-run")).Succeeded();
        Assert.Matches($@"deployment_events_{day.AddDays(-92):yyyyMMdd}\s+\d+\s+\d+ MiB\s+to the archive: older than 90 days, as the installation wants", plan);
        Assert.Matches($@"service_metrics_{day.AddDays(-11):yyyyMMdd}\s+\d+\s+\d+ MiB\s+dropped, its roll-ups stay: older than 9 days, as workspace \S+/shop wants", plan);
        Assert.Contains($"service_metrics: the next to go is {day.AddDays(-9):yyyy-MM-dd}, on {day.AddDays(1):yyyy-MM-dd}", plan, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed", plan, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync("deployment_events_archive"));

        Assert.Contains($"archived  deployment_events_{day.AddDays(-92):yyyyMMdd}", (await KyozoAsync("db", "archive")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("Nothing has passed its limit", (await KyozoAsync("db", "archive")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("Nothing has passed its limit", (await KyozoAsync("db", "archive", "--dry-run")).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_at_any_point_and_run_again_nothing_is_lost_and_nothing_twice()
    {
        var seed = TimeProvider.System.GetUtcNow().Millisecond;
        var random = new Random(seed);
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        await FillAsync(Rows);
        await _database.ExecuteAsync("CREATE TABLE kept_events AS TABLE deployment_events; CREATE TABLE kept_checks AS TABLE health_checks; CREATE TABLE kept_metrics AS TABLE service_metrics;", Token);

        for (var kill = 0; kill < Kills; kill++) await KillSomewhereAsync(random);
        TestContext.Current.TestOutputHelper!.WriteLine($"{Extent.AsRun}F-04: {Kills} kills, {Rows:#,0} rows");
        (await KyozoAsync("db", "archive")).Succeeded();
        (await KyozoAsync("db", "archive")).Succeeded();
        Assert.Equal(0, await CountAsync($"rollup_marks WHERE bucket < '{Midnight(-30):O}' OR source = 'service_metrics' AND bucket < '{Midnight(-7):O}'"));

        // The days that stay are the job's.
        await using var maintenance = new MaintenanceDataSource(_database.Maintenance);
        await new Rollup(maintenance, TimeProvider.System).RunAsync(Token);

        // Every event is in one of the two places, once.
        Assert.Equal(0, await DifferenceAsync("SELECT * FROM kept_events", "SELECT * FROM deployment_events UNION ALL SELECT * FROM deployment_events_archive"));
        Assert.True(await CountAsync("deployment_events_archive") > 0);
        Assert.Equal(0, await CountAsync($"deployment_events WHERE occurred_at < '{Midnight(-90):O}'"));

        // What is younger than its limit is there; what is older is in the roll-ups, as they would be made from all rows at once.
        Assert.Equal(0, await DifferenceAsync($"SELECT * FROM kept_checks WHERE checked_at >= '{Midnight(-30):O}'", "SELECT * FROM health_checks"));
        Assert.Equal(0, await DifferenceAsync($"SELECT * FROM kept_metrics WHERE recorded_at >= '{Midnight(-7):O}'", "SELECT * FROM service_metrics"));
        foreach (var resolution in new[] { "minute", "hour", "day" })
        {
            Assert.Equal(0, await DifferenceAsync(
                $"""
                SELECT date_trunc('{resolution}', checked_at, 'UTC'), count(*) FILTER (WHERE status = 'healthy'), count(*) FILTER (WHERE status = 'unhealthy'), count(response_time_ms), sum(response_time_ms::numeric)::float8, max(response_time_ms)
                FROM kept_checks GROUP BY 1
                """,
                $"SELECT bucket, healthy, unhealthy, answered, response_time_sum_ms, response_time_max_ms FROM health_rollups WHERE resolution = '{resolution}'"));
            Assert.Equal(0, await DifferenceAsync(
                $"""
                SELECT date_trunc('{resolution}', recorded_at, 'UTC'), metric_type, unit::text, count(*), sum(value::numeric)::float8, min(value), max(value), (array_agg(value ORDER BY recorded_at DESC, id DESC))[1]
                FROM kept_metrics GROUP BY 1, 2, 3
                """,
                $"SELECT bucket, metric_type, unit::text, count, sum, min, max, last FROM metric_rollups WHERE resolution = '{resolution}'"));
        }

        Assert.Equal(0, await CountAsync("rollup_marks"));
        Assert.DoesNotContain(
            await new SchemaVerifier(_database.Admin, TimeProvider.System).VerifyAsync(Token),
            item => item.Fault is not null && !item.Name.StartsWith("kept_", StringComparison.Ordinal));
    }

    // Somewhere in what is left: the work itself says how far it is, so that no kill comes too late.
    async Task KillSomewhereAsync(Random random)
    {
        var left = await LeftAsync();
        var target = (long)(left * (0.5 + random.NextDouble() * 0.45));
        using var command = new KyozoCommand();
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "kyozo"), ["db", "archive", "--connection", _database.Admin]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in command.Environment) start.Environment[name] = value;
        start.Environment[KeepMinutes] = "365.00:00:00";
        using var process = Process.Start(start)!;
        while (await LeftAsync() > target) Assert.False(process.HasExited, "it ended before it was killed");
        process.Kill();
        await process.WaitForExitAsync(Token);
        Assert.Equal(137, process.ExitCode);

        // Its session may go on with the statement that it was in.
        await Eventually.TrueAsync(
            "the killed one's session to end", TimeSpan.FromSeconds(60),
            async () => await CountAsync($"pg_stat_activity WHERE datname = current_database() AND application_name = 'kyozo-archive'") == 0, Token);
    }

    // Marks to take of days that go, and days to move, a day as much as a hundred marks.
    Task<long> LeftAsync() => _database.ReadAsync<long>(
        $"""
        SELECT (SELECT count(*) FROM rollup_marks WHERE bucket < date_trunc('day', now(), 'UTC') - CASE WHEN source ~ '^h' THEN 30 ELSE 7 END * interval '1 day') + 100 * (
            SELECT count(*) FROM pg_class c WHERE c.relkind = 'r' AND c.relname ~ '^(deployment_events|health_checks|service_metrics)_[0-9]+$'
              AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid AND inhparent = 'deployment_events_archive'::regclass)
              AND right(c.relname, 8) < to_char(date_trunc('day', now(), 'UTC') AT TIME ZONE 'UTC' - CASE WHEN c.relname ~ '^d' THEN 90 WHEN c.relname ~ '^h' THEN 30 ELSE 7 END * interval '1 day', 'YYYYMMDD'))
        """,
        Token);

    // Three hours of every day, values of three digits: sums are exact whatever their order.
    async Task FillAsync(int rows)
    {
        const string moment = "date_trunc('day', now(), 'UTC') - {0} * interval '1 day' + (i * 7919 % 10800000) * interval '1 ms'";
        string At(string days) => string.Format(CultureInfo.InvariantCulture, moment, days);
        await _database.ExecuteAsync(
            $"""
            INSERT INTO deployment_events (id, occurred_at, team_id, service_instance_id, event_type, event_data, sequence_num, hash)
            SELECT md5('event' || i)::uuid, {At("(86 + i % 10)")}, '{_service.TeamId}', '{_service.Id}', 'service_started', '{"{}"}', i, '' FROM generate_series(1, {rows / 5}) i;
            INSERT INTO health_checks (id, checked_at, team_id, service_instance_id, check_type, status, response_time_ms)
            SELECT md5('check' || i)::uuid, {At("(26 + i % 10)")}, '{_service.TeamId}', '{_service.Id}', 'http', CASE WHEN i % 17 = 0 THEN 'unhealthy' ELSE 'healthy' END, (i % 997) / 8.0 FROM generate_series(1, {rows * 3 / 10}) i;
            INSERT INTO service_metrics (id, recorded_at, team_id, service_instance_id, metric_type, value, unit)
            SELECT md5('metric' || i)::uuid, {At("(3 + i % 10)")}, '{_service.TeamId}', '{_service.Id}', CASE WHEN i % 2 = 0 THEN 'cpu' ELSE 'memory' END, (i % 1000) / 1000.0, 'ratio' FROM generate_series(1, {rows / 2}) i;
            """,
            Token);
    }

    Task<long> DifferenceAsync(string one, string other) =>
        CountAsync($"((({one}) EXCEPT ALL ({other})) UNION ALL (({other}) EXCEPT ALL ({one}))) difference");

    Task<long> CountAsync(string fromWhere) => _database.ReadAsync<long>($"SELECT count(*) FROM {fromWhere}", Token);

    static DateTimeOffset Midnight(int days) => new(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(days), TimeSpan.Zero);

    async Task<CommandResult> KyozoAsync(params string[] arguments)
    {
        using var command = new KyozoCommand();
        command.Environment[KeepMinutes] = "365.00:00:00";
        return await command.RunAsync([.. arguments, "--connection", _database.Admin]);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    sealed class DaysAgo(int days) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(-days);
    }
}
