using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Metrics;

sealed class ServiceMetricConfiguration : IEntityTypeConfiguration<ServiceMetric>
{
    public void Configure(EntityTypeBuilder<ServiceMetric> metric)
    {
        metric.ToTable("service_metrics", table =>
        {
            table.HasWords<MetricType>("valid_metric_type", "metric_type");
            table.HasCheckConstraint("valid_value", "value >= 0 AND value < 'Infinity' AND (metric_type NOT IN ('cpu', 'memory', 'disk') OR value <= 1)");
        });
        metric.HasKey(m => new { m.Id, m.RecordedAt });
        metric.BelongsTo<ServiceInstance>(nameof(ServiceMetric.ServiceInstanceId), DeleteBehavior.Cascade);
        metric.Property(m => m.Unit).HasMaxLength(32);
        metric.Property(m => m.ContainerId).HasMaxLength(128);
        metric.HasIndex(m => new { m.ServiceInstanceId, m.MetricType, m.RecordedAt }).IsDescending(false, false, true);
        metric.HasIndex(m => new { m.TeamId, m.RecordedAt }, "high").IsDescending(false, true).HasDatabaseName("ix_service_metrics_high")
            .HasFilter("value > 0.8 AND metric_type IN ('cpu', 'memory', 'disk')");

        // Rows come in the order of time: a few kilobytes find one minute of a day.
        metric.HasIndex(m => m.RecordedAt).HasMethod("brin");
    }
}

sealed class GatewayCountConfiguration : IEntityTypeConfiguration<GatewayCount>
{
    public void Configure(EntityTypeBuilder<GatewayCount> count)
    {
        count.ToTable("gateway_counts", table => table.HasCheckConstraint("valid_counts", "requests >= 0 AND errors BETWEEN 0 AND requests"));
        count.BelongsTo<ServiceInstance>(nameof(GatewayCount.ServiceInstanceId), DeleteBehavior.Cascade);
        count.Property(c => c.CountedAt).DefaultsToNow();
        count.HasIndex(c => c.CountedAt);
    }
}
