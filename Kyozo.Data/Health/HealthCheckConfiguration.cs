using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Health;

sealed class HealthCheckConfiguration : IEntityTypeConfiguration<HealthCheck>
{
    public void Configure(EntityTypeBuilder<HealthCheck> check)
    {
        check.ToTable("health_checks", table =>
        {
            table.HasWords<CheckType>("valid_check_type", "check_type");
            table.HasWords<CheckStatus>("valid_health_status", "status");
            table.HasCheckConstraint("valid_response_time", "response_time_ms >= 0");
        });
        check.HasKey(c => new { c.Id, c.CheckedAt });
        check.BelongsTo<ServiceInstance>(nameof(HealthCheck.ServiceInstanceId), DeleteBehavior.Cascade);
        check.Property(c => c.ErrorMessage).HasMaxLength(500);
        check.Property(c => c.ContainerId).HasMaxLength(128);
        check.HasIndex(c => new { c.ServiceInstanceId, c.Status, c.CheckedAt }).IsDescending(false, false, true);
        check.HasIndex(c => new { c.ServiceInstanceId, c.CheckedAt }).IsDescending(false, true);
        check.HasIndex(c => new { c.TeamId, c.CheckedAt }, "failures").IsDescending(false, true).HasDatabaseName("ix_health_checks_failures")
            .HasFilter("status IN ('unhealthy', 'timed_out')");

        // Rows come in the order of time: a few kilobytes find one minute of a day.
        check.HasIndex(c => c.CheckedAt).HasMethod("brin");
    }
}
