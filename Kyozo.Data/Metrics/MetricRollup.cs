using Kyozo.Data.Retention;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Metrics;

/// <summary>The measured values of one service, type and unit within one bucket. Written by the roll-up alone; outlives the rows it was made from.</summary>
public sealed class MetricRollup
{
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The service it belongs to.</summary>
    public required Guid ServiceInstanceId { get; init; }
    /// <summary>What was measured.</summary>
    public required MetricType MetricType { get; init; }
    /// <summary>As of <see cref="ServiceMetric.Unit"/>.</summary>
    public required string Unit { get; init; }
    /// <summary>Width of the bucket.</summary>
    public required RollupResolution Resolution { get; init; }
    /// <summary>Start of the bucket.</summary>
    public required DateTimeOffset Bucket { get; init; }
    /// <summary>How many values, 1 and up.</summary>
    public required long Count { get; init; }
    /// <summary>Their sum; ÷ <see cref="Count"/> the mean.</summary>
    public required double Sum { get; init; }
    /// <summary>The smallest.</summary>
    public required double Min { get; init; }
    /// <summary>The largest.</summary>
    public required double Max { get; init; }
    /// <summary>The youngest.</summary>
    public required double Last { get; init; }
}

sealed class MetricRollupConfiguration : IEntityTypeConfiguration<MetricRollup>
{
    public void Configure(EntityTypeBuilder<MetricRollup> rollup)
    {
        rollup.ToTable("metric_rollups", table =>
        {
            table.HasWords<MetricType>("valid_metric_type", "metric_type");
            table.HasWords<RollupResolution>("valid_resolution", "resolution");
            table.HasCheckConstraint("valid_bucket", RollupBuckets.Check);
            table.HasCheckConstraint("valid_values", "count > 0 AND min >= 0 AND min <= max AND last BETWEEN min AND max");
        });
        rollup.HasKey(r => new { r.ServiceInstanceId, r.Resolution, r.Bucket, r.MetricType, r.Unit });
        rollup.BelongsTo<ServiceInstance>(nameof(MetricRollup.ServiceInstanceId), DeleteBehavior.Cascade);
        rollup.Property(r => r.Unit).HasMaxLength(32);
        rollup.HasIndex(r => new { r.Resolution, r.Bucket });
    }
}
