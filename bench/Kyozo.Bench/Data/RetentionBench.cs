using Kyozo.Bench.Frame;
using Kyozo.Data.Schema;
using Kyozo.Engine.Retention;
using Kyozo.Testing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Bench.Data;

/// <summary>
/// One expired day of metrics, whose roll-ups the job has made as they came: the product's archival drops its partition; the requirement's
/// <c>DELETE</c> takes the same rows out of the same table as it would be without partitions, and a VACUUM makes the room usable again. The archive of
/// events, the roll-up and its forgetting are measured apart. Writers go on meanwhile.
/// </summary>
sealed class RetentionBench(long rows) : IBench
{
    const int Services = 500;
    const int ExpiredDay = 9;
    const int ExpiredEventsDay = 100;
    const string Flat = "flat_service_metrics";
    const string FlatEvents = "flat_deployment_events";
    const string Delete = "DELETE and VACUUM";

    readonly long _events = rows / 10;

    public string Name => "retention";

    public string What =>
        $"An expired day of {Figures.Count(rows)} metrics, rolled up before as the job does every minute, beside a living one of {Figures.Count(rows / 10)}: the archival against DELETE FROM … WHERE recorded_at < now() - interval '7 days' on the same rows without partitions and the VACUUM after it, neither in memory any more; and an expired day of {Figures.Count(_events)} events into the archive against INSERT … SELECT and DELETE. Four writers insert all the while.";

    public async Task<IReadOnlyList<Comparison>> RunAsync(Action<string> say, CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(cancellationToken);
        var database = await server.CreateDatabaseAsync("kyozo_retention", cancellationToken);
        // Whoever deletes connects too.
        await using var maintenance = new MaintenanceDataSource(new NpgsqlConnectionStringBuilder(database.Maintenance) { Pooling = false }.ConnectionString);
        var rollup = new Rollup(maintenance, TimeProvider.System);

        // As a worker that has been running: it has archived before, and found nothing.
        await Archiver(new()).RunAsync(cancellationToken);
        var seeding = new BulkRows(database, say);
        await FillAsync(seeding, cancellationToken);
        var rolled = await Rounds.TimeAsync(() => rollup.RunAsync(cancellationToken));
        say($"rolled up: {Figures.Time(rolled)}");
        await seeding.RunAsync($"ANALYZE service_metrics; ANALYZE {Flat}; ANALYZE deployment_events; ANALYZE {FlatEvents}; ANALYZE metric_rollups", cancellationToken);
        await server.CoolAsync(cancellationToken);

        var quiet = await UnderLoadAsync("service_metrics", "nothing else", () => Task.Delay(TimeSpan.FromSeconds(5), cancellationToken));
        var before = await SizesAsync(database, cancellationToken);
        var dropped = await UnderLoadAsync("service_metrics", "archival", () => Archiver(new()).RunAsync(cancellationToken));
        var deleted = await UnderLoadAsync(Flat, "DELETE", () => seeding.PlainAsync($"DELETE FROM {Flat} WHERE recorded_at < now() - interval '7 days'", cancellationToken));
        var after = await SizesAsync(database, cancellationToken);
        var vacuumed = await UnderLoadAsync(Flat, "VACUUM", () => seeding.PlainAsync($"VACUUM {Flat}", cancellationToken));
        var last = await SizesAsync(database, cancellationToken);
        var forgotten = await UnderLoadAsync("service_metrics", "minutes forgotten", () => Archiver(new() { MinuteRollups = TimeSpan.FromDays(1) }).RunAsync(cancellationToken));

        await seeding.FillAsync("deployment_events", Day(ExpiredEventsDay), 0, _events - 1, Services, cancellationToken);
        var archived = await UnderLoadAsync("service_metrics", "events archived", () => Archiver(new()).RunAsync(cancellationToken));
        var moved = await UnderLoadAsync(Flat, "events moved", () => seeding.PlainAsync(
            $"BEGIN; CREATE TABLE {FlatEvents}_archive (LIKE {FlatEvents} INCLUDING ALL); INSERT INTO {FlatEvents}_archive SELECT * FROM {FlatEvents} WHERE occurred_at < now() - interval '90 days'; DELETE FROM {FlatEvents} WHERE occurred_at < now() - interval '90 days'; COMMIT",
            cancellationToken));

        var theirs = deleted.Took + vacuumed.Took;
        return
        [
            new("a day of metrics gone", Delete, Figures.Time(dropped.Took), Figures.Time(theirs), theirs / dropped.Took, Goal.AtLeastTimes(100)),
            new("a day of metrics gone", "DELETE alone", Figures.Time(dropped.Took), Figures.Time(deleted.Took), deleted.Took / dropped.Took, null),
            new("writers' p99 meanwhile", "the same writers with nothing else", Figures.Time(dropped.P99), Figures.Time(quiet.P99), dropped.P99 / quiet.P99, null),
            new("writers' p99 meanwhile", "during the DELETE", Figures.Time(dropped.P99), Figures.Time(deleted.P99), dropped.P99 / deleted.P99, null),
            new("writers' p99 meanwhile", "during the VACUUM", Figures.Time(dropped.P99), Figures.Time(vacuumed.P99), dropped.P99 / vacuumed.P99, null),
            new("size left of what it was", "after DELETE", Left(before.Ours, after.Ours), Left(before.Theirs, after.Theirs), after.Ours / (double)after.Theirs, null),
            new("size left of what it was", "after VACUUM", Left(before.Ours, last.Ours), Left(before.Theirs, last.Theirs), last.Ours / (double)last.Theirs, null),
            new($"that day's roll-ups, made ahead in the background", Delete, Figures.Time(rolled), Figures.Time(theirs), theirs / rolled, null),
            new("that day's minutes forgotten, a week later", Delete, Figures.Time(forgotten.Took), Figures.Time(theirs), theirs / forgotten.Took, null),
            new("writers' p99 meanwhile", "the same writers with nothing else", Figures.Time(forgotten.P99), Figures.Time(quiet.P99), forgotten.P99 / quiet.P99, null),
            new($"a day of {Figures.Count(_events)} events into the archive", "INSERT … SELECT and DELETE", Figures.Time(archived.Took), Figures.Time(moved.Took), moved.Took / archived.Took, null),
            new("writers' p99 meanwhile", "during INSERT … SELECT and DELETE", Figures.Time(archived.P99), Figures.Time(moved.P99), archived.P99 / moved.P99, null),
        ];

        Archiver Archiver(RetentionOptions options) => new(maintenance, rollup, Options.Create(options), [], TimeProvider.System);

        async Task<UnderLoad> UnderLoadAsync(string table, string what, Func<Task> action)
        {
            var load = await WriterLoad.MeasureAsync(database, table, action, cancellationToken);
            say($"{what}: {Figures.Time(load.Took)}, writers' p99 {Figures.Time(load.P99)}");
            return load;
        }
    }

    async Task FillAsync(BulkRows seeding, CancellationToken cancellationToken)
    {
        await seeding.ServicesAsync(Services, cancellationToken);
        await seeding.RunAsync($"CREATE TABLE {Flat} (LIKE service_metrics INCLUDING ALL); CREATE TABLE {FlatEvents} (LIKE deployment_events INCLUDING ALL)", cancellationToken);
        foreach (var (count, day) in ((long, DateOnly)[])[(rows, Day(ExpiredDay)), (rows / 10, Day(1))])
        {
            await seeding.FillAsync("service_metrics", day, 0, count - 1, Services, cancellationToken);
            await seeding.RunAsync(BulkRows.Insert("service_metrics", Flat, 0, count - 1, Services, day), cancellationToken);
        }

        await seeding.RunAsync(BulkRows.Insert("deployment_events", FlatEvents, 0, _events - 1, Services, Day(ExpiredEventsDay)), cancellationToken);
        await seeding.RunAsync(
            $"INSERT INTO rollup_marks (source, resolution, bucket, due_at) SELECT 'service_metrics', 'minute', minute, minute FROM generate_series(timestamptz '{Day(ExpiredDay):yyyy-MM-dd}+00', '{Day(ExpiredDay):yyyy-MM-dd} 23:59+00', '1 minute') minute",
            cancellationToken);
        await seeding.PlainAsync($"VACUUM (ANALYZE) {Flat}", cancellationToken);
    }

    static DateOnly Day(int age) => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-age);

    static string Left(long before, long after) => $"{Figures.Size(after)} of {Figures.Size(before)}";

    static async Task<(long Ours, long Theirs)> SizesAsync(TestDatabase database, CancellationToken cancellationToken) => (
        await database.ReadAsync<long>("SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree('service_metrics') WHERE isleaf", cancellationToken),
        await database.ReadAsync<long>($"SELECT pg_total_relation_size('{Flat}')", cancellationToken));
}
