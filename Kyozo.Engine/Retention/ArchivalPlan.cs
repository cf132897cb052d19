namespace Kyozo.Engine.Retention;

/// <summary>A day's partition with what it holds.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Rows">Rows: counted for what goes, else the planner's estimate.</param>
/// <param name="Bytes">With its indexes.</param>
public sealed record StoredPartition(DayPartition Partition, long Rows, long Bytes);

/// <summary>What retention does with one partition.</summary>
/// <param name="Stored">The partition.</param>
/// <param name="Limit">The limit in force.</param>
/// <param name="GoesAt">From when on it goes.</param>
/// <param name="Goes">True when that has passed.</param>
public sealed record PlannedPartition(StoredPartition Stored, RetentionLimit Limit, DateTimeOffset GoesAt, bool Goes);

/// <summary>Decides which partitions go; pure.</summary>
public static class ArchivalPlan
{
    /// <summary>Every partition with its fate, oldest first in each table.</summary>
    public static IReadOnlyList<PlannedPartition> Make(IReadOnlyList<RetentionLimit> limits, IEnumerable<StoredPartition> stored, DateTimeOffset now) =>
    [
        .. from limit in limits
           join partition in stored on limit.Table equals partition.Partition.Table into ofTable
           from partition in ofTable.OrderBy(partition => partition.Partition.Day)
           select new PlannedPartition(partition, limit, partition.Partition.To + limit.Kept, partition.Partition.IsExpired(now, limit.Kept)),
    ];
}
