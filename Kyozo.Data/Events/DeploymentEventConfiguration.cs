using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Events;

sealed class DeploymentEventConfiguration : IEntityTypeConfiguration<DeploymentEvent>
{
    public void Configure(EntityTypeBuilder<DeploymentEvent> line)
    {
        line.ToTable("deployment_events", table =>
        {
            table.HasWords<EventType>("valid_event_type", "event_type");
            table.HasCheckConstraint("valid_duration", "duration_ms >= 0");
            table.HasJsonLimit("event_data", 64);
        });
        line.HasKey(e => new { e.Id, e.OccurredAt });
        line.BelongsTo<ServiceInstance>(nameof(DeploymentEvent.ServiceInstanceId), DeleteBehavior.Restrict);
        line.RefersTo<User>(nameof(DeploymentEvent.UserId));
        line.Property(e => e.EventData).HasColumnType("jsonb");
        line.Property(e => e.ErrorMessage).HasMaxLength(4000);
        line.Property(e => e.Hash).HasMaxLength(32);
        line.HasIndex(e => new { e.ServiceInstanceId, e.OccurredAt }).IsDescending(false, true);
        line.HasIndex(e => new { e.TeamId, e.OccurredAt }).IsDescending(false, true);
        line.HasIndex(e => new { e.TeamId, e.OccurredAt }, "failures").IsDescending(false, true).HasDatabaseName("ix_deployment_events_failures")
            .HasFilter("event_type IN ('deployment_failed', 'health_check_failed')");
    }
}

sealed class AuditEventConfiguration : IEntityTypeConfiguration<AuditEvent>
{
    public void Configure(EntityTypeBuilder<AuditEvent> line)
    {
        line.ToTable("audit_events", table =>
        {
            table.HasCheckConstraint("valid_action", "action ~ '^[a-z][a-z0-9_]*$'");
            table.HasJsonLimit("data", 64);
        });
        line.RefersTo<Team>(nameof(AuditEvent.TeamId));
        line.RefersTo<User>(nameof(AuditEvent.ActorId));
        line.Property(e => e.Action).HasMaxLength(63);
        line.Property(e => e.TargetType).HasMaxLength(63);
        line.Property(e => e.Data).HasColumnType("jsonb");
        line.Property(e => e.Hash).HasMaxLength(32);
        line.HasIndex(e => new { e.TeamId, e.SequenceNum }).IsUnique();
        line.HasIndex(e => new { e.TeamId, e.OccurredAt }).IsDescending(false, true);
        line.HasIndex(e => new { e.TeamId, e.Action });
    }
}
