using Kyozo.Data.Retention;
using Kyozo.Data.Schema;
using Npgsql;
using NpgsqlTypes;

namespace Kyozo.Engine.Retention;

/// <summary>
/// Rolls checks and metrics up to minutes, hours and days. Every insert leaves a mark of the minutes that it touched, in its own transaction; a
/// step takes the marks of one hour and makes those minutes anew from the rows, in one transaction. So rows that come late, a step that is killed
/// and a run that is repeated all end in the same buckets, and no writer waits (ADR-020).
/// </summary>
public sealed class Rollup(MaintenanceDataSource database, TimeProvider clock)
{
    /// <summary>How old the newest hour (day) on display may be before it is over.</summary>
    static readonly (TimeSpan Hour, TimeSpan Day) Refresh = (TimeSpan.FromMinutes(5), TimeSpan.FromHours(1));

    /// <summary>Rolls up everything that is due. Another roll-up under way: nothing is done.</summary>
    /// <returns>How many buckets were made or changed.</returns>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var held = await DatabaseLocks.TryTakeAsync(connection, DatabaseLocks.Rollups, cancellationToken);
        return held is null ? 0 : await RunAsync(connection, cancellationToken);
    }

    /// <summary>The same on a connection that holds <see cref="DatabaseLocks.Rollups"/>.</summary>
    internal async Task<long> RunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var buckets = 0L;
        foreach (var source in RollupSource.All) buckets += await MakeMarkedAsync(connection, source, due: clock.GetUtcNow(), before: null, cancellationToken);
        return buckets;
    }

    /// <summary>
    /// Rolls up every row from before a midnight, due or not, up to the days: afterwards nothing of that time is told by its rows alone, and no coarser
    /// bucket of it waits for finer ones.
    /// </summary>
    internal Task CompleteAsync(NpgsqlConnection connection, RollupSource source, DateTimeOffset before, CancellationToken cancellationToken) =>
        MakeMarkedAsync(connection, source, due: null, before, cancellationToken);

    async Task<long> MakeMarkedAsync(NpgsqlConnection connection, RollupSource source, DateTimeOffset? due, DateTimeOffset? before, CancellationToken cancellationToken)
    {
        var buckets = 0L;
        DateOnly? indexed = null;
        foreach (var resolution in Enum.GetValues<RollupResolution>())
        {
            while (await FindAsync(connection, source, resolution, due, before, cancellationToken) is { } start)
            {
                var day = DateOnly.FromDateTime(start.UtcDateTime);
                if (resolution is RollupResolution.Minute && day != indexed)
                {
                    await Partitions.EnsureDayAsync(connection, source.RollupsOf(RollupResolution.Minute), day, clock, cancellationToken);
                    await SummarizeAsync(connection, Partitions.NameOf(source.Table, day), cancellationToken);
                }

                indexed = day;
                var end = start + (resolution is RollupResolution.Minute ? RollupResolution.Hour : RollupResolution.Day).Width();
                buckets += await StepAsync(connection, source, resolution, start, end, due, cancellationToken);
            }
        }

        return buckets;
    }

    static async Task<DateTimeOffset?> FindAsync(
        NpgsqlConnection connection, RollupSource source, RollupResolution resolution, DateTimeOffset? due, DateTimeOffset? before, CancellationToken cancellationToken)
    {
        var unit = resolution is RollupResolution.Minute ? RollupResolution.Hour : RollupResolution.Day;
        await using var command = new NpgsqlCommand(
            $"""
            SELECT {RollupSource.Bucket(unit, "min(bucket)")} FROM rollup_marks
            WHERE source = $1 AND resolution = $2 AND ($3 IS NULL OR due_at <= $3) AND ($4 IS NULL OR bucket < $4)
            """,
            connection)
        {
            Parameters = { new() { Value = source.Table }, new() { Value = EnumWord.Of(resolution) }, Moment(due), Moment(before) },
        };
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime found ? new DateTimeOffset(found) : null;
    }

    static NpgsqlParameter Moment(DateTimeOffset? moment) => new() { Value = (object?)moment ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    async Task<long> StepAsync(
        NpgsqlConnection connection, RollupSource source, RollupResolution resolution, DateTimeOffset start, DateTimeOffset end, DateTimeOffset? due, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var buckets = await TakeMarksAsync(connection, source, resolution, start, end, due, cancellationToken);
        if (buckets.Count == 0) return 0;

        // A statement of its own: it sees at least the rows whose marks were just taken.
        var (from, to) = (buckets.Min(), buckets.Max() + resolution.Width());
        var made = 0L;
        if (resolution is not RollupResolution.Minute) made = await MakeAsync(connection, source.FromFiner(resolution), from, to, buckets, cancellationToken);
        else if (await FindPartitionAsync(connection, source, from, cancellationToken) is { } partition) made = await MakeAsync(connection, source.FromRows(partition), from, to, buckets, cancellationToken);

        if (resolution is not RollupResolution.Day) await MarkNextAsync(connection, source, resolution + 1, buckets, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return made;
    }

    // The index on the time knows new rows only when it is told of them; until then every one of them would be read for each minute. A vacuum that is at
    // work does the same, and must not be made to give way.
    static async Task SummarizeAsync(NpgsqlConnection connection, string partition, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            $"""
            SET LOCAL lock_timeout = '100ms';
            SELECT brin_summarize_new_values(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
            WHERE i.indrelid = to_regclass('public.{partition}') AND a.amname = 'brin';
            """,
            connection);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
        }
    }

    static async Task<List<DateTimeOffset>> TakeMarksAsync(
        NpgsqlConnection connection, RollupSource source, RollupResolution resolution, DateTimeOffset start, DateTimeOffset end, DateTimeOffset? due, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH taken AS (
                DELETE FROM rollup_marks WHERE source = $1 AND resolution = $2 AND bucket >= $3 AND bucket < $4 AND ($5 IS NULL OR due_at <= $5) RETURNING bucket)
            SELECT DISTINCT bucket FROM taken
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = source.Table }, new() { Value = EnumWord.Of(resolution) }, new() { Value = start }, new() { Value = end },
                Moment(due),
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var buckets = new List<DateTimeOffset>();
        while (await reader.ReadAsync(cancellationToken)) buckets.Add(reader.GetFieldValue<DateTimeOffset>(0));
        return buckets;
    }

    // From the partition itself: it is there also while it is being detached, and after.
    static async Task<string?> FindPartitionAsync(NpgsqlConnection connection, RollupSource source, DateTimeOffset from, CancellationToken cancellationToken)
    {
        var name = Partitions.NameOf(source.Table, DateOnly.FromDateTime(from.UtcDateTime));
        await using var command = new NpgsqlCommand("SELECT to_regclass('public.' || $1) IS NOT NULL", connection) { Parameters = { new() { Value = name } } };
        return await command.ExecuteScalarAsync(cancellationToken) is true ? name : null;
    }

    static async Task<long> MakeAsync(
        NpgsqlConnection connection, string sql, DateTimeOffset from, DateTimeOffset to, List<DateTimeOffset> buckets, CancellationToken cancellationToken)
    {
        // A backlog of an hour of a busy installation is millions of rows.
        await using var command = new NpgsqlCommand(sql, connection)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = from }, new() { Value = to }, new() { Value = buckets.Select(bucket => bucket.UtcDateTime).ToArray() } },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    async Task MarkNextAsync(NpgsqlConnection connection, RollupSource source, RollupResolution next, List<DateTimeOffset> buckets, CancellationToken cancellationToken)
    {
        var word = EnumWord.Of(next);
        await using var command = new NpgsqlCommand(
            $"""
            INSERT INTO rollup_marks (source, resolution, bucket, due_at)
            SELECT $1, '{word}', coarse, least(coarse + interval '1 {word}', $3)
            FROM (SELECT DISTINCT {RollupSource.Bucket(next, "fine")} AS coarse FROM unnest($2) fine) touched
            WHERE NOT EXISTS (SELECT FROM rollup_marks m WHERE m.source = $1 AND m.resolution = '{word}' AND m.bucket = coarse)
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = source.Table }, new() { Value = buckets.Select(bucket => bucket.UtcDateTime).ToArray() },
                new() { Value = clock.GetUtcNow() + (next is RollupResolution.Hour ? Refresh.Hour : Refresh.Day) },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
