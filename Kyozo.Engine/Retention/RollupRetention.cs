using Kyozo.Data.Retention;
using Kyozo.Data.Schema;

namespace Kyozo.Engine.Retention;

/// <summary>
/// Forgets roll-ups past the limit of their resolution. A bucket is made anew from the next finer ones whenever a row comes late, so none goes while
/// what it is made from is there: minutes stay at least as long as their rows, hours as long as minutes, days as long as hours. Minutes go as whole
/// days, hours and days, of which there are few, row by row.
/// </summary>
static class RollupRetention
{
    const int Batch = 20_000;

    /// <summary>Drops days of minutes, and deletes the others in batches, each a transaction of its own.</summary>
    /// <returns>The partitions that went, and how many buckets of hours and days.</returns>
    /// <param name="ddl">The connection; holds <see cref="DatabaseLocks.Rollups"/>.</param>
    /// <param name="source">Which time series.</param>
    /// <param name="kept">Its limits; up to that of the minutes no mark is left.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<(IReadOnlyList<string> Minutes, long Buckets)> RunAsync(PartitionDdl ddl, RollupSource source, IReadOnlyList<RollupLimit> kept, CancellationToken cancellationToken)
    {
        var (minutes, gone) = (new List<string>(), 0L);
        foreach (var (resolution, limit) in kept)
        {
            if (resolution is RollupResolution.Minute)
            {
                minutes.AddRange(await DropAsync(ddl, source.RollupsOf(resolution), limit, cancellationToken));
                continue;
            }

            long batch;
            do
            {
                batch = await ddl.ExecuteAsync(
                    $"""
                    DELETE FROM {source.RollupsOf(resolution)} WHERE ctid = ANY (ARRAY(
                        SELECT ctid FROM {source.RollupsOf(resolution)} WHERE resolution = '{EnumWord.Of(resolution)}' AND bucket < '{limit:yyyy-MM-dd HH:mm:ss}+00' LIMIT {Batch}))
                    """,
                    cancellationToken);
                gone += batch;
            }
            while (batch == Batch);
        }

        return (minutes, gone);
    }

    static async Task<IReadOnlyList<string>> DropAsync(PartitionDdl ddl, string table, DateTimeOffset limit, CancellationToken cancellationToken)
    {
        var days = (await PartitionCatalog.ReadDaysAsync(ddl, table, cancellationToken)).ToLookup(day => day.To <= limit);

        // Until an interrupted detach is ended, every other concurrent one fails.
        foreach (var day in days.SelectMany(group => group).Where(day => day.DetachPending)) await ddl.DetachAsync(day, cancellationToken);
        foreach (var day in days[true].Where(day => !day.DetachPending)) await ddl.DetachAsync(day, cancellationToken);

        // Also those that an earlier run detached and did not come to drop.
        var gone = (await PartitionCatalog.ReadLeftoversAsync(ddl, table, cancellationToken)).Where(day => day.To <= limit).ToList();
        foreach (var day in gone) await ddl.AloneAsync($"DROP TABLE {day.Name}", cancellationToken);
        return [.. gone.Select(day => day.Name)];
    }

    /// <summary>The start of the oldest bucket that stays, by resolution, finest first; pure.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="oldestRows">The oldest day that still has its rows, or null.</param>
    /// <param name="now">Now.</param>
    public static IReadOnlyList<RollupLimit> Limits(RetentionOptions options, DateTimeOffset? oldestRows, DateTimeOffset now)
    {
        var minutes = Earlier(now - options.MinuteRollups, oldestRows ?? now);
        var hours = Earlier(now - options.HourRollups, minutes);
        return [new(RollupResolution.Minute, minutes), new(RollupResolution.Hour, hours), new(RollupResolution.Day, Earlier(now - options.DayRollups, hours))];
    }

    // From midnight on: half a day of minutes would make a wrong hour of nothing, but half a day's hours a wrong day.
    static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => new((one < other ? one : other).UtcDateTime.Date, TimeSpan.Zero);
}

/// <summary>The start of the oldest bucket of a resolution that stays, a midnight.</summary>
readonly record struct RollupLimit(RollupResolution Resolution, DateTimeOffset Oldest);
