using Kyozo.Data.Retention;
using Kyozo.Data.Schema;

namespace Kyozo.Engine.Retention;

/// <summary>
/// Forgets roll-ups past the limit of their resolution. A bucket is made anew from the next finer ones whenever a row comes late, so none goes while
/// what it is made from is there: minutes stay at least as long as their rows, hours as long as minutes, days as long as hours.
/// </summary>
static class RollupRetention
{
    const int Batch = 20_000;

    /// <summary>Deletes in batches, each a transaction of its own; returns how many buckets went.</summary>
    /// <param name="ddl">The connection; holds <see cref="DatabaseLocks.Rollups"/>.</param>
    /// <param name="source">Which time series.</param>
    /// <param name="kept">Its limits; up to that of the minutes no mark is left.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<long> RunAsync(PartitionDdl ddl, RollupSource source, IReadOnlyList<RollupLimit> kept, CancellationToken cancellationToken)
    {
        var gone = 0L;
        foreach (var (resolution, limit) in kept)
        {
            long batch;
            do
            {
                batch = await ddl.ExecuteAsync(
                    $"""
                    DELETE FROM {source.Rollups} WHERE ctid = ANY (ARRAY(
                        SELECT ctid FROM {source.Rollups} WHERE resolution = '{EnumWord.Of(resolution)}' AND bucket < '{limit:yyyy-MM-dd HH:mm:ss}+00' LIMIT {Batch}))
                    """,
                    cancellationToken);
                gone += batch;
            }
            while (batch == Batch);
        }

        return gone;
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
