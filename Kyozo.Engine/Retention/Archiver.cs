using Kyozo.Data.Schema;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Retention;

/// <summary>What one archival did.</summary>
/// <param name="Archived">Partitions of events moved to the archive.</param>
/// <param name="Dropped">Partitions of checks and metrics dropped.</param>
public sealed record ArchivalDone(IReadOnlyList<string> Archived, IReadOnlyList<string> Dropped)
{
    /// <inheritdoc/>
    public override string ToString() => $"archived {Archived.Count}, dropped {Dropped.Count} partitions";
}

/// <summary>
/// Retention by whole days: partitions of events move to the archive by one detach and attach in one transaction, those of checks and metrics are
/// detached concurrently and dropped. Killed at any point and run again, nothing is lost and nothing is there twice: each step is one statement
/// or one transaction, and a later run ends what an earlier one began.
/// </summary>
public sealed class Archiver(MaintenanceDataSource database, IOptions<RetentionOptions> options, TimeProvider clock)
{
    const string Events = "deployment_events";
    const string Archive = "deployment_events_archive";
    const string Checks = "health_checks";
    const string Metrics = "service_metrics";

    /// <summary>Moves and drops what has passed its limit. Another archival or a backup under way: nothing is done.</summary>
    public async Task<ArchivalDone> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var ddl = new PartitionDdl(connection, options.Value, clock);
        await using var held = await DatabaseLocks.TryTakeAsync(connection, DatabaseLocks.Retention, cancellationToken);
        if (held is null) return new([], []);
        var limits = options.Value;
        var archived = await ArchiveAsync(ddl, limits.Events, cancellationToken);
        var dropped = new List<string>();
        await DropAsync(ddl, Checks, limits.HealthChecks, dropped, cancellationToken);
        await DropAsync(ddl, Metrics, limits.Metrics, dropped, cancellationToken);
        return new(archived, dropped);
    }

    async Task<IReadOnlyList<string>> ArchiveAsync(PartitionDdl ddl, TimeSpan kept, CancellationToken cancellationToken)
    {
        var archived = new List<string>();
        foreach (var partition in (await PartitionsAsync(ddl, Events, cancellationToken)).Where(p => p.IsExpired(clock.GetUtcNow(), kept)))
        {
            if (partition.DetachPending) await FinalizeAsync(ddl, partition, cancellationToken);
            await ddl.InTransactionAsync(
                [
                    .. partition.DetachPending ? [] : new[] { $"ALTER TABLE {Events} DETACH PARTITION {partition.Name}" },
                    $"ALTER TABLE {Archive} ATTACH PARTITION {partition.Name} FOR VALUES FROM ('{partition.From:yyyy-MM-dd}+00') TO ('{partition.To:yyyy-MM-dd}+00')",
                ],
                cancellationToken);
            archived.Add(partition.Name);
        }

        return archived;
    }

    async Task DropAsync(PartitionDdl ddl, string table, TimeSpan kept, List<string> dropped, CancellationToken cancellationToken)
    {
        var partitions = await PartitionsAsync(ddl, table, cancellationToken);

        // Until an interrupted detach is ended, every other concurrent one fails.
        foreach (var pending in partitions.Where(p => p.DetachPending)) await FinalizeAsync(ddl, pending, cancellationToken);

        foreach (var partition in partitions.Where(p => !p.DetachPending && p.IsExpired(clock.GetUtcNow(), kept)))
            await ddl.AloneAsync($"ALTER TABLE {table} DETACH PARTITION {partition.Name} CONCURRENTLY", cancellationToken);

        // Also those that an earlier run detached and did not come to drop.
        foreach (var leftover in (await DetachedAsync(ddl, table, cancellationToken)).Where(p => p.IsExpired(clock.GetUtcNow(), kept)))
        {
            await ddl.AloneAsync($"DROP TABLE {leftover.Name}", cancellationToken);
            dropped.Add(leftover.Name);
        }
    }

    static Task FinalizeAsync(PartitionDdl ddl, DayPartition partition, CancellationToken cancellationToken) =>
        ddl.AloneAsync($"ALTER TABLE {partition.Table} DETACH PARTITION {partition.Name} FINALIZE", cancellationToken);

    static async Task<IReadOnlyList<DayPartition>> PartitionsAsync(PartitionDdl ddl, string table, CancellationToken cancellationToken) =>
        Days(await ddl.QueryAsync(
            $"""
            SELECT c.relname, i.inhdetachpending FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'public.{table}'::regclass ORDER BY c.relname
            """,
            r => DayPartition.Parse(table, r.GetString(0), r.GetBoolean(1)), cancellationToken));

    static async Task<IReadOnlyList<DayPartition>> DetachedAsync(PartitionDdl ddl, string table, CancellationToken cancellationToken) =>
        Days(await ddl.QueryAsync(
            $"""
            SELECT c.relname FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND starts_with(c.relname, '{table}_')
              AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
            ORDER BY c.relname
            """,
            r => DayPartition.Parse(table, r.GetString(0), false), cancellationToken));

    static IReadOnlyList<DayPartition> Days(List<DayPartition?> partitions) => [.. partitions.OfType<DayPartition>()];
}
