using Kyozo.Data.Schema;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Retention;

/// <summary>What one archival did.</summary>
/// <param name="Archived">Partitions of events moved to the archive.</param>
/// <param name="Dropped">Partitions of checks and metrics dropped.</param>
/// <param name="Minutes">Partitions of roll-ups by the minute dropped.</param>
/// <param name="Forgotten">Roll-ups by the hour and day past their limit.</param>
public sealed record ArchivalDone(IReadOnlyList<string> Archived, IReadOnlyList<string> Dropped, IReadOnlyList<string> Minutes, long Forgotten)
{
    /// <inheritdoc/>
    public override string ToString() => $"archived {Archived.Count}, dropped {Dropped.Count} partitions and {Minutes.Count} of minutes, forgot {Forgotten} roll-ups";
}

/// <summary>
/// Retention by whole days: partitions of events move to the archive by one detach and attach in one transaction; those of checks and metrics are
/// detached concurrently, rolled up to their last row, and dropped. Killed at any point and run again, nothing is lost and nothing is there twice:
/// each step is one statement or one transaction, and a later run ends what an earlier one began.
/// </summary>
public sealed class Archiver(MaintenanceDataSource database, Rollup rollup, IOptions<RetentionOptions> options, IEnumerable<IArchivalFollower> followers, TimeProvider clock)
{
    const string Archive = "deployment_events_archive";

    /// <summary>How long it waits for a roll-up that is under way: at most an hour's rows are made at a time, but a backlog has many hours.</summary>
    static readonly TimeSpan LongestRollup = TimeSpan.FromMinutes(10);

    /// <summary>What would go, and until when the rest is kept. Changes nothing.</summary>
    public async Task<IReadOnlyList<PlannedPartition>> PlanAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var ddl = new PartitionDdl(connection, options.Value, clock);
        var now = clock.GetUtcNow();
        var limits = await ReadLimitsAsync(ddl, cancellationToken);
        var stored = new List<StoredPartition>();
        foreach (var limit in limits)
        {
            IEnumerable<DayPartition> days =
                [.. await PartitionCatalog.ReadDaysAsync(ddl, limit.Table, cancellationToken), .. await PartitionCatalog.ReadLeftoversAsync(ddl, limit.Table, cancellationToken)];
            foreach (var day in days) stored.Add(await PartitionCatalog.MeasureAsync(ddl, day, exactly: day.IsExpired(now, limit.Kept), cancellationToken));
        }

        return ArchivalPlan.Make(limits, stored, now);
    }

    /// <summary>Moves and drops what has passed its limit.</summary>
    /// <returns>What was done; null when another archival or a backup is under way.</returns>
    /// <exception cref="TimeoutException">A roll-up did not end in time; events have moved, checks and metrics have not.</exception>
    public async Task<ArchivalDone?> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var held = await DatabaseLocks.TryTakeAsync(connection, DatabaseLocks.Retention, cancellationToken);
        if (held is null) return null;

        var ddl = new PartitionDdl(connection, options.Value, clock);
        var limits = (await ReadLimitsAsync(ddl, cancellationToken)).ToDictionary(limit => limit.Table, limit => limit.Kept);
        var archived = await ArchiveAsync(ddl, limits[RetentionLimits.Events], cancellationToken);
        if (archived.Count > 0)
        {
            foreach (var follower in followers) await follower.ArchivedAsync(archived, cancellationToken);
        }

        await using var rolling = await DatabaseLocks.TakeAsync(connection, DatabaseLocks.Rollups, LongestRollup, clock, cancellationToken)
            ?? throw new TimeoutException($"A roll-up has been under way for {LongestRollup.TotalMinutes:0} minutes; checks and metrics stay until the next archival.");
        var (dropped, minutes, forgotten) = (new List<string>(), new List<string>(), 0L);
        foreach (var source in RollupSource.All)
        {
            var oldest = await DetachAsync(ddl, source, limits[source.Table], cancellationToken);
            var kept = RollupRetention.Limits(options.Value, oldest, clock.GetUtcNow());
            dropped.AddRange(await DropAsync(ddl, source, limits[source.Table], kept, cancellationToken));
            var past = await RollupRetention.RunAsync(ddl, source, kept, cancellationToken);
            minutes.AddRange(past.Minutes);
            forgotten += past.Buckets;
        }

        return new(archived, dropped, minutes, forgotten);
    }

    async Task<IReadOnlyList<RetentionLimit>> ReadLimitsAsync(PartitionDdl ddl, CancellationToken cancellationToken) =>
        RetentionLimits.Decide(options.Value, await PartitionCatalog.ReadWishesAsync(ddl, cancellationToken));

    async Task<IReadOnlyList<string>> ArchiveAsync(PartitionDdl ddl, TimeSpan kept, CancellationToken cancellationToken)
    {
        var (archived, now) = (new List<string>(), clock.GetUtcNow());

        // What an earlier run detached and did not come to attach is out of everybody's sight.
        foreach (var leftover in (await PartitionCatalog.ReadLeftoversAsync(ddl, RetentionLimits.Events, cancellationToken)).Where(p => p.IsExpired(now, kept)))
        {
            await ddl.InTransactionAsync([Attach(leftover)], cancellationToken);
            archived.Add(leftover.Name);
        }

        foreach (var partition in (await PartitionCatalog.ReadDaysAsync(ddl, RetentionLimits.Events, cancellationToken)).Where(p => p.IsExpired(now, kept)))
        {
            if (partition.DetachPending) await ddl.DetachAsync(partition, cancellationToken);
            await ddl.InTransactionAsync(
                [.. partition.DetachPending ? [] : new[] { $"ALTER TABLE {RetentionLimits.Events} DETACH PARTITION {partition.Name}" }, Attach(partition)], cancellationToken);
            archived.Add(partition.Name);
        }

        return archived;
    }

    static string Attach(DayPartition partition) =>
        $"ALTER TABLE {Archive} ATTACH PARTITION {partition.Name} FOR VALUES FROM ('{partition.From:yyyy-MM-dd}+00') TO ('{partition.To:yyyy-MM-dd}+00')";

    /// <returns>The start of the oldest day that stays.</returns>
    async Task<DateTimeOffset?> DetachAsync(PartitionDdl ddl, RollupSource source, TimeSpan kept, CancellationToken cancellationToken)
    {
        var days = (await PartitionCatalog.ReadDaysAsync(ddl, source.Table, cancellationToken)).ToLookup(day => day.IsExpired(clock.GetUtcNow(), kept));

        // Until an interrupted detach is ended, every other concurrent one fails.
        foreach (var day in days.SelectMany(group => group).Where(day => day.DetachPending)) await ddl.DetachAsync(day, cancellationToken);
        foreach (var day in days[true].Where(day => !day.DetachPending)) await ddl.DetachAsync(day, cancellationToken);
        return days[false].Select(day => (DateTimeOffset?)day.From).Min();
    }

    async Task<IReadOnlyList<string>> DropAsync(
        PartitionDdl ddl, RollupSource source, TimeSpan kept, IReadOnlyList<RollupLimit> limits, CancellationToken cancellationToken)
    {
        // Also those that an earlier run detached and did not come to drop.
        var gone = (await PartitionCatalog.ReadLeftoversAsync(ddl, source.Table, cancellationToken)).Where(day => day.IsExpired(clock.GetUtcNow(), kept)).ToList();

        // Detached, nothing is written to them any more: what is rolled up now is all. The job does that every minute; what is left is of the last one.
        // The days of today are left to it, and whoever writes to them does not hold up those that go.
        await rollup.CompleteAsync(ddl.Connection, source, gone.Select(day => day.To).Append(limits[0].Oldest).Max(), cancellationToken);
        foreach (var day in gone) await ddl.AloneAsync($"DROP TABLE {day.Name}", cancellationToken);
        return [.. gone.Select(day => day.Name)];
    }
}
