using Kyozo.Data.Schema;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Engine.Maintenance;

/// <summary>What a reindex did.</summary>
/// <param name="Tables">Partitions (or tables) whose indexes were built anew.</param>
/// <param name="Dropped">Leftovers of interrupted runs that were dropped.</param>
/// <param name="Failed">Those that were not reached, each with the reason.</param>
public sealed record ReindexDone(IReadOnlyList<string> Tables, IReadOnlyList<string> Dropped, IReadOnlyList<string> Failed)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"reindexed {Tables.Count} partitions{(Dropped.Count == 0 ? "" : $", dropped {Dropped.Count} leftovers")}{(Failed.Count == 0 ? "" : $", {Failed.Count} not: {Failed[0]}")}";
}

/// <summary>The requirement's regular tasks: indexes built anew beside their writers, statistics refreshed. As the owner, on one connection of the maintenance role.</summary>
public sealed class TableUpkeep(MaintenanceDataSource database, IOptions<MaintenanceOptions> options, TimeProvider clock)
{
    static readonly string Hot = string.Join(", ", Partitions.Tables.Keys.Append("deployment_events_archive").Select(table => $"'{table}'"));

    /// <summary>
    /// REINDEX CONCURRENTLY of the tables that grow with time, partition by partition: of a partitioned table PostgreSQL does it in one go only,
    /// without a way to let others pass in between. Indexes that an interrupted run left half-built are dropped first.
    /// </summary>
    /// <exception cref="TimeoutException">A backup or an archival was under way all the time.</exception>
    public async Task<ReindexDone> ReindexAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);

        // It would wait for the snapshot of a dump, and everybody who wants the same lock for it.
        await using var held = await DatabaseLocks.TakeAsync(connection, DatabaseLocks.Retention, options.Value.Patience, clock, cancellationToken)
            ?? throw new TimeoutException($"A backup or an archival was under way for {options.Value.Patience.TotalMinutes:0} min. The next reindex comes by the schedule; \"run now\" tries again.");
        var dropped = await DropLeftoversAsync(connection, cancellationToken);
        var (done, failed) = (new List<string>(), new List<string>());
        foreach (var partition in await PartitionsAsync(connection, cancellationToken))
        {
            try
            {
                // A run that met its time limit leaves half an index, which the next must not find.
                await RetryAsync(connection, $"REINDEX TABLE CONCURRENTLY {partition}", () => DropLeftoversAsync(connection, cancellationToken), cancellationToken);
                done.Add(partition);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.UndefinedTable)
            {
                failed.Add($"{partition}: {e.MessageText}");
            }
        }

        return new(done, [.. dropped, .. await DropLeftoversAsync(connection, cancellationToken)], failed);
    }

    /// <summary>ANALYZE of every table. Of partitioned ones also the parent, whose statistics no autovacuum ever makes.</summary>
    /// <returns>How many tables.</returns>
    public Task<int> AnalyzeAsync(CancellationToken cancellationToken) =>
        EachAsync("ANALYZE", $"c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN ('public', 'identity')", cancellationToken);

    /// <summary>VACUUM ANALYZE of the tables that grow with time and of the archive: after partitions have moved.</summary>
    /// <returns>How many tables.</returns>
    public Task<int> VacuumAsync(CancellationToken cancellationToken) =>
        EachAsync("VACUUM (ANALYZE, SKIP_LOCKED)", $"n.nspname = 'public' AND c.relname IN ({Hot})", cancellationToken);

    async Task<int> EachAsync(string statement, string which, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var tables = await connection.ReadTextsAsync($"SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relowner = '{DatabaseRoles.Owner}'::regrole AND {which} ORDER BY 1", cancellationToken);
        foreach (var table in tables) await RetryAsync(connection, $"{statement} {table}", cancellationToken);
        return tables.Count;
    }

    static Task<List<string>> PartitionsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => connection.ReadTextsAsync(
        $"""
        SELECT i.inhrelid::regclass::text FROM pg_inherits i
        WHERE i.inhparent = ANY (ARRAY[{string.Join(", ", Partitions.Tables.Keys.Select(table => $"'public.{table}'"))}]::regclass[]) AND NOT i.inhdetachpending
        ORDER BY 1
        """, cancellationToken);

    // "_ccnew" was to become the new index, "_ccold" is the old one, already replaced: both are invalid and may go. The tables' own stores of long values have one too.
    async Task<List<string>> DropLeftoversAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var leftovers = await connection.ReadTextsAsync(
            """
            SELECT x.indexrelid::regclass::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
            WHERE NOT x.indisvalid AND i.relkind = 'i' AND i.relowner = 'kyozo_owner'::regrole AND i.relname ~ '_cc(new|old)[0-9]*$'
              AND (n.nspname = 'public' OR n.nspname = 'pg_toast' AND has_schema_privilege(n.oid, 'USAGE')) ORDER BY 1
            """, cancellationToken);
        foreach (var index in leftovers) await RetryAsync(connection, $"DROP INDEX CONCURRENTLY IF EXISTS {index}", cancellationToken);
        return leftovers;
    }

    Task RetryAsync(NpgsqlConnection connection, string statement, CancellationToken cancellationToken) =>
        RetryAsync(connection, statement, () => Task.CompletedTask, cancellationToken);

    async Task RetryAsync(NpgsqlConnection connection, string statement, Func<Task> tidy, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await connection.ExecuteHoweverLongAsync($"SET lock_timeout = {options.Value.LockTimeout.TotalMilliseconds:0}", cancellationToken);
                await connection.ExecuteHoweverLongAsync(statement, cancellationToken);
                return;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected && attempt < options.Value.Attempts)
            {
                await Task.Delay(options.Value.LockTimeout, clock, cancellationToken);
                await tidy();
            }
        }
    }
}
