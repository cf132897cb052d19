namespace Kyozo.Data.WorkerApi;

/// <summary>Answer to <see cref="WorkerOperation.ReadDatabase"/>: the database in numbers, from PostgreSQL's own catalog and counters. Row numbers are the planner's estimates.</summary>
/// <param name="Version">PostgreSQL's.</param>
/// <param name="SizeBytes">All of the database on disk.</param>
/// <param name="CacheHitRatio">Share of blocks found in PostgreSQL's memory, 0..1, or null before the first read.</param>
/// <param name="CountedSince">Since when PostgreSQL counts, or null for its beginning.</param>
/// <param name="Tables">Largest first; partitions summed up.</param>
/// <param name="Partitions">Days of the tables that grow with time, and of the archive.</param>
/// <param name="Indexes">Largest first; partitions summed up.</param>
/// <param name="Hints">What the counters suggest, each in one sentence.</param>
/// <param name="SlowQueries">By time in total, most first; empty when they are not counted.</param>
/// <param name="SlowQueriesHelp">How to have them counted, or null when they are.</param>
/// <param name="Connections">Who is connected.</param>
/// <param name="LongTransactions">Open for more than a minute, oldest first.</param>
public sealed record DatabaseReport(
    string Version, long SizeBytes, double? CacheHitRatio, DateTimeOffset? CountedSince, IReadOnlyList<TableSize> Tables, IReadOnlyList<PartitionInfo> Partitions,
    IReadOnlyList<IndexUse> Indexes, IReadOnlyList<string> Hints, IReadOnlyList<SlowQuery> SlowQueries, string? SlowQueriesHelp,
    ConnectionUse Connections, IReadOnlyList<LongTransaction> LongTransactions);

/// <summary>One table with its indexes.</summary>
/// <param name="Table">Its name, with the schema unless it is <c>public</c>.</param>
/// <param name="Rows">Estimate.</param>
/// <param name="TableBytes">Its rows.</param>
/// <param name="IndexBytes">Its indexes.</param>
/// <param name="ToastBytes">Its long values, stored apart.</param>
/// <param name="DeadRows">Rows that VACUUM has yet to clear away, an estimate.</param>
/// <param name="SequentialScans">How often it was read whole.</param>
/// <param name="SequentialRows">Rows read by that.</param>
/// <param name="IndexScans">How often it was read by an index.</param>
/// <param name="VacuumedAt">Last VACUUM, by hand or by itself, or null.</param>
/// <param name="AnalyzedAt">Last ANALYZE, or null.</param>
public sealed record TableSize(
    string Table, long Rows, long TableBytes, long IndexBytes, long ToastBytes, long DeadRows, long SequentialScans, long SequentialRows, long IndexScans,
    DateTimeOffset? VacuumedAt, DateTimeOffset? AnalyzedAt)
{
    /// <summary>All of it.</summary>
    public long TotalBytes => TableBytes + IndexBytes + ToastBytes;
}

/// <summary>One day's partition.</summary>
public sealed record PartitionInfo(string Table, string Partition, DateOnly Day, long Rows, long SizeBytes);

/// <summary>One index and how much it is used.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Index">Its name.</param>
/// <param name="SizeBytes">On disk.</param>
/// <param name="Scans">How often it was used.</param>
/// <param name="RowsRead">Entries read by that.</param>
/// <param name="IsConstraint">It keeps a key or a rule, used or not.</param>
/// <param name="IsValid">False for one whose building was interrupted.</param>
public sealed record IndexUse(string Table, string Index, long SizeBytes, long Scans, long RowsRead, bool IsConstraint, bool IsValid);

/// <summary>One statement as pg_stat_statements counts it.</summary>
/// <param name="Query">Its text with parameters in the place of values, cut at 500 characters.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="TotalMs">Time of all runs, ms.</param>
/// <param name="MeanMs">Of one, ms.</param>
/// <param name="LongestMs">Of the longest, ms.</param>
/// <param name="Rows">Rows that it gave or touched.</param>
public sealed record SlowQuery(string Query, long Calls, double TotalMs, double MeanMs, double LongestMs, long Rows);

/// <summary>Connections to the database.</summary>
/// <param name="Used">Of all databases of the server.</param>
/// <param name="Limit"><c>max_connections</c>.</param>
/// <param name="ByState">To this database, by state (<c>active</c>, <c>idle</c>, <c>idle in transaction</c>).</param>
public sealed record ConnectionUse(int Used, int Limit, IReadOnlyDictionary<string, int> ByState);

/// <summary>One transaction that has been open for long: it keeps VACUUM from clearing away and index builds from ending.</summary>
public sealed record LongTransaction(int ProcessId, string Role, string Application, string State, DateTimeOffset StartedAt, string Query);
