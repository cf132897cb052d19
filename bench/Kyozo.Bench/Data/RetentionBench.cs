using Kyozo.Bench.Frame;
using Kyozo.Data.Schema;
using Kyozo.Engine.Retention;
using Kyozo.Testing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Bench.Data;

/// <summary>One expired day of metrics: the product's archival drops its partition; the requirement's <c>DELETE</c> takes the same rows out of the same table as it would be without partitions. Writers go on meanwhile.</summary>
sealed class RetentionBench(long rows) : IBench
{
    const int Services = 1000;
    const int ExpiredDay = 9;
    const string Flat = "flat_service_metrics";

    public string Name => "retention";

    public string What =>
        $"An expired day of {Figures.Count(rows)} metrics beside a living one of {Figures.Count(rows / 10)}: the archival against DELETE FROM … WHERE recorded_at < now() - interval '7 days' on the same rows without partitions; a writer inserts all the while.";

    public async Task<IReadOnlyList<Comparison>> RunAsync(Action<string> say, CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(cancellationToken);
        var database = await server.CreateDatabaseAsync("kyozo_retention", cancellationToken);
        var seeding = new BulkRows(database, say);
        await seeding.ServicesAsync(Services, cancellationToken);
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        await seeding.RunAsync($"CREATE TABLE {Flat} (LIKE service_metrics INCLUDING ALL)", cancellationToken);
        foreach (var (count, day) in ((long, DateOnly)[])[(rows, today.AddDays(-ExpiredDay)), (rows / 10, today.AddDays(-1))])
        {
            await seeding.FillAsync("service_metrics", day, 0, count - 1, Services, cancellationToken);
            say($"{count:#,0} rows in the partition");
            await seeding.RunAsync(BulkRows.Insert("service_metrics", Flat, 0, count - 1, Services, day), cancellationToken);
            say($"{count:#,0} rows without partitions");
        }

        foreach (var table in (string[])["service_metrics", Flat]) await seeding.RunAsync($"ANALYZE {table}", cancellationToken);
        await PostgresFixture.ExecuteAsync(database.Admin, "CHECKPOINT", cancellationToken);

        var quiet = await WriterLoad.MeasureAsync(database, "service_metrics", () => Task.Delay(TimeSpan.FromSeconds(5), cancellationToken), cancellationToken);
        await using var maintenance = new MaintenanceDataSource(database.Maintenance);
        var archiver = new Archiver(maintenance, new Rollup(maintenance, TimeProvider.System), Options.Create(new RetentionOptions()), [], TimeProvider.System);
        var before = await SizesAsync(database, cancellationToken);
        var ours = await WriterLoad.MeasureAsync(database, "service_metrics", () => archiver.RunAsync(cancellationToken), cancellationToken);
        say($"archival: {Figures.Time(ours.Took)}");

        var theirs = await WriterLoad.MeasureAsync(
            database, Flat, () => DeleteAsync(database, cancellationToken), cancellationToken);
        say($"delete: {Figures.Time(theirs.Took)}");
        var after = await SizesAsync(database, cancellationToken);
        await PostgresFixture.ExecuteAsync(database.Admin, $"VACUUM {Flat}", cancellationToken);
        var vacuumed = await SizesAsync(database, cancellationToken);

        return
        [
            new("retention of the day", "DELETE", Figures.Time(ours.Took), Figures.Time(theirs.Took), theirs.Took / ours.Took, Goal.AtLeastTimes(100)),
            new("writers' p99 meanwhile", "the same writers with nothing else", Figures.Time(ours.P99), Figures.Time(quiet.P99), ours.P99 / quiet.P99, null),
            new("writers' p99 meanwhile", "during the DELETE", Figures.Time(ours.P99), Figures.Time(theirs.P99), ours.P99 / theirs.P99, null),
            new("size left of what it was", "after DELETE", Left(before.Ours, after.Ours), Left(before.Theirs, after.Theirs), after.Ours / (double)after.Theirs, null),
            new("size left of what it was", "after DELETE and VACUUM", Left(before.Ours, vacuumed.Ours), Left(before.Theirs, vacuumed.Theirs), vacuumed.Ours / (double)vacuumed.Theirs, null),
        ];
    }

    static async Task DeleteAsync(TestDatabase database, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync(cancellationToken);
        await using var delete = new NpgsqlCommand($"DELETE FROM {Flat} WHERE recorded_at < now() - interval '7 days'", connection) { CommandTimeout = 0 };
        await delete.ExecuteNonQueryAsync(cancellationToken);
    }

    static string Left(long before, long after) => $"{Figures.Size(after)} of {Figures.Size(before)}";

    static async Task<(long Ours, long Theirs)> SizesAsync(TestDatabase database, CancellationToken cancellationToken) => (
        await database.ReadAsync<long>("SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree('service_metrics') WHERE isleaf", cancellationToken),
        await database.ReadAsync<long>($"SELECT pg_total_relation_size('{Flat}')", cancellationToken));
}
