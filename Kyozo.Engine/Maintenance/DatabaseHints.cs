using Kyozo.Data.WorkerApi;

namespace Kyozo.Engine.Maintenance;

/// <summary>What the counters of tables and indexes suggest: pure. A suggestion to look, never a reason to drop by itself: a counter knows nothing of next month's report.</summary>
public static class DatabaseHints
{
    const long LargeTable = 10_000;
    const long ManyScans = 50;
    const long LargeIndex = 1024 * 1024;
    const double ManyDead = 0.2;

    /// <summary>One sentence a thing, the most important first.</summary>
    public static IReadOnlyList<string> Find(IReadOnlyList<TableSize> tables, IReadOnlyList<IndexUse> indexes) =>
    [
        .. indexes.Where(index => !index.IsValid)
            .Select(index => $"Index {index.Index} of {index.Table} was left half-built and serves nobody: kyozo db psql -- -c 'REINDEX INDEX CONCURRENTLY {index.Index}'"),
        .. tables.Where(table => table.Rows >= LargeTable && table.SequentialScans >= ManyScans && table.SequentialRows / table.SequentialScans >= table.Rows / 2 && table.SequentialScans > table.IndexScans / 10)
            .Select(table => $"{table.Table} was read whole {table.SequentialScans} times for {table.Rows} rows: an index may be missing for a query on it."),
        .. tables.Where(table => table.Rows >= LargeTable && table.DeadRows > table.Rows * ManyDead)
            .Select(table => $"{table.Table} has {table.DeadRows} dead rows beside {table.Rows} live ones: VACUUM does not keep up, or an old transaction keeps it from its work."),
        .. indexes.Where(index => index is { Scans: 0, IsConstraint: false, IsValid: true } && index.SizeBytes >= LargeIndex)
            .Select(index => $"Index {index.Index} of {index.Table} ({index.SizeBytes / 1024 / 1024} MiB) was never used since counting began."),
    ];
}
