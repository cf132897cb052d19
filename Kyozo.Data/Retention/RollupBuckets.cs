using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Retention;

/// <summary>What every roll-up begins with: of which service, how wide, from when on. Written by the roll-up alone; outlives the rows it was made from.</summary>
public abstract class RollupBucket
{
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The service it belongs to.</summary>
    public required Guid ServiceInstanceId { get; init; }
    /// <summary>Width of the bucket.</summary>
    public required RollupResolution Resolution { get; init; }
    /// <summary>Start of the bucket.</summary>
    public required DateTimeOffset Bucket { get; init; }
}

/// <summary>How buckets are cut and found: from midnight UTC, so that a bucket lies within one day's partition.</summary>
static class RollupBuckets
{
    /// <summary>CHECK that a bucket begins where one of its resolution does.</summary>
    public const string Check =
        "bucket = date_bin(CASE resolution WHEN 'minute' THEN interval '1 minute' WHEN 'hour' THEN interval '1 hour' ELSE interval '1 day' END, bucket, timestamptz '1970-01-01 00:00:00+00')";

    /// <summary>Maps the head of a roll-up; the key, which is each one's own, is left.</summary>
    public static void HasBuckets<T>(this EntityTypeBuilder<T> rollup, string name, Action<TableBuilder<T>> checks) where T : RollupBucket
    {
        rollup.ToTable(name, table =>
        {
            table.HasWords<RollupResolution>("valid_resolution", "resolution");
            table.HasCheckConstraint("valid_bucket", Check);
            checks(table);
        });
        rollup.BelongsTo<ServiceInstance>(nameof(RollupBucket.ServiceInstanceId), DeleteBehavior.Cascade);
        rollup.HasIndex(r => new { r.Resolution, r.Bucket });
    }
}
