using Kyozo.Data.Retention;
using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Metrics;

/// <summary>The measured values of one service, type and unit within one bucket.</summary>
public sealed class MetricRollup : RollupBucket
{
    /// <summary>What was measured.</summary>
    public required MetricType MetricType { get; init; }
    /// <summary>As of <see cref="ServiceMetric.Unit"/>.</summary>
    public required string Unit { get; init; }
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
        rollup.HasBuckets("metric_rollups", table =>
        {
            table.HasWords<MetricType>("valid_metric_type", "metric_type");
            table.HasCheckConstraint("valid_values", "count > 0 AND min >= 0 AND min <= max AND last BETWEEN min AND max");
        });
        rollup.HasKey(r => new { r.ServiceInstanceId, r.Resolution, r.Bucket, r.MetricType, r.Unit });
        rollup.Property(r => r.Unit).HasMaxLength(32);
    }
}
