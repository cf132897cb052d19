using Kyozo.Data.Schema;
using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Maintenance;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Engine.Tests.Maintenance;

public sealed class DatabaseReportsTests(PostgresFixture postgres) : IAsyncLifetime
{
    TestDatabase _database = null!;
    MaintenanceDataSource _maintenance = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    DatabaseReports Reports => new(_maintenance, TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Stop);
        _maintenance = new(_database.Maintenance);
        await ManyRows.FillAsync(_database, Stop);
        await _database.ExecuteAsync("ANALYZE", Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _maintenance.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Tables_are_told_with_their_rows_and_sizes_partitions_summed_up()
    {
        var report = await Reports.ReadAsync(Stop);

        Assert.Equal(await _database.ReadAsync<string>("SHOW server_version", Stop), report.Version);
        Assert.True(report.SizeBytes > 0);
        var events = report.Tables.Single(table => table.Table == "deployment_events");
        Assert.Equal(ManyRows.Count, events.Rows);
        Assert.Equal(await _database.ReadAsync<long>("SELECT sum(pg_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'deployment_events'::regclass", Stop), events.TableBytes);
        Assert.Equal(await _database.ReadAsync<long>("SELECT sum(pg_indexes_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'deployment_events'::regclass", Stop), events.IndexBytes);
        Assert.NotNull(events.AnalyzedAt);
        Assert.Equal(report.Tables.Select(table => table.Table), report.Tables.Select(table => table.Table).Distinct());
        Assert.Contains(report.Tables, table => table.Table == "quartz.qrtz_locks");
        Assert.Equal(Partitions.DaysAhead + 2, report.Partitions.Count(partition => partition.Table == "health_checks"));
        Assert.Equal(ManyRows.Count, report.Partitions.Where(partition => partition.Table == "service_metrics").Sum(partition => partition.Rows));
    }

    [Fact]
    public async Task Use_of_indexes_dead_rows_and_statements_are_counted()
    {
        await _database.ExecuteAsync("DELETE FROM service_dependencies WHERE id IN (SELECT id FROM service_dependencies LIMIT 300)", Stop);
        await _database.ExecuteAsync("SET enable_seqscan = off; SELECT 'marker-of-this-test', count(*) FROM service_instances WHERE id = gen_random_uuid()", Stop);

        // PostgreSQL hands its counters in when a session ends or after a while.
        var report = await Eventually.GetAsync("the counters", TimeSpan.FromSeconds(30), async () =>
            await Reports.ReadAsync(Stop) is var read && read.Tables.Single(table => table.Table == "service_dependencies").DeadRows >= 300 ? read : null, Stop);

        Assert.Null(report.SlowQueriesHelp);
        var statement = report.SlowQueries.Concat((await AllAsync()).SlowQueries).First();
        Assert.True(statement.Calls > 0 && statement.TotalMs > 0);
        Assert.DoesNotContain("insufficient privilege", statement.Query, StringComparison.Ordinal);
        var key = report.Indexes.Single(index => index.Index == "pk_service_instances");
        Assert.True(key is { IsConstraint: true, IsValid: true, Scans: > 0 });
        Assert.Equal("deployment_events", report.Indexes.Single(index => index.Index == "pk_deployment_events").Table);

        Task<DatabaseReport> AllAsync() => Reports.ReadAsync(Stop);
    }

    [Fact]
    public async Task A_transaction_that_stays_open_is_named_with_its_program()
    {
        await using var forgetful = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_database.Worker) { ApplicationName = "forgetful", Pooling = false }.ConnectionString);
        await forgetful.OpenAsync(Stop);
        await using (var begin = new NpgsqlCommand("BEGIN; SELECT 'left open'", forgetful)) await begin.ExecuteNonQueryAsync(Stop);

        var report = await new DatabaseReports(_maintenance, new Later()).ReadAsync(Stop);

        var open = report.LongTransactions.Single(transaction => transaction.Application == "forgetful");
        Assert.Equal(("kyozo_worker", "idle in transaction"), (open.Role, open.State));
        Assert.True(report.Connections.ByState["idle in transaction"] >= 1);
        Assert.True(report.Connections.Used <= report.Connections.Limit);
    }

    [Fact]
    public async Task Where_statements_are_not_counted_the_two_commands_are_given()
    {
        await _database.ExecuteAsync("DROP VIEW public.pg_stat_statements", Stop);

        var report = await Reports.ReadAsync(Stop);

        Assert.Empty(report.SlowQueries);
        Assert.EndsWith("Run: kyozo db migrate", report.SlowQueriesHelp, StringComparison.Ordinal);
        Assert.Contains("ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'pg_stat_statements'\"", DatabaseReports.Help("auto_explain"), StringComparison.Ordinal);
    }

    [Fact]
    public void Hints_name_what_is_large_and_unused_read_whole_dead_or_half_built_and_nothing_else()
    {
        TableSize Table(string name, long rows, long dead = 0, long scans = 0, long byIndex = 1000) => new(name, rows, 0, 0, 0, dead, scans, scans * rows, byIndex, null, null);
        IndexUse Index(string name, long bytes, long scans, bool key = false, bool valid = true) => new("t", name, bytes, scans, 0, key, valid);

        var hints = DatabaseHints.Find(
            [Table("small", 10, scans: 9000), Table("whole", 50_000, scans: 500), Table("well", 50_000, scans: 10), Table("dead", 50_000, dead: 20_000)],
            [Index("unused", 5_000_000, 0), Index("little", 8192, 0), Index("key", 5_000_000, 0, key: true), Index("used", 5_000_000, 3), Index("half", 8192, 0, valid: false)]);

        Assert.Collection(hints,
            half => Assert.Contains("half", half, StringComparison.Ordinal), whole => Assert.StartsWith("whole was read whole 500 times", whole, StringComparison.Ordinal),
            dead => Assert.StartsWith("dead has 20000 dead rows", dead, StringComparison.Ordinal), unused => Assert.Contains("unused", unused, StringComparison.Ordinal));
    }

    sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddMinutes(5);
    }
}
