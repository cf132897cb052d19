using Kyozo.Data.Engines;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Workspaces;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Deployments;

sealed class DeploymentConfiguration : IEntityTypeConfiguration<Deployment>
{
    public void Configure(EntityTypeBuilder<Deployment> deployment)
    {
        deployment.ToTable("deployments", table =>
        {
            table.HasWords<DeploymentKind>("valid_deployment_kind", "kind");
            table.HasWords<DeploymentStatus>("valid_deployment_status", "status");
            table.HasJsonLimit("request", 64);
            table.HasJsonLimit("plan", 1024);
        });
        deployment.HasAlternateKey(d => new { d.TeamId, d.Id });
        deployment.BelongsTo<Workspace>(nameof(Deployment.WorkspaceId), DeleteBehavior.Restrict);
        deployment.BelongsTo<Release>(nameof(Deployment.ReleaseId), DeleteBehavior.NoAction);
        deployment.RefersTo<ContainerEngine>(nameof(Deployment.EngineId));
        deployment.RefersTo<User>(nameof(Deployment.RequestedBy));

        // The trigger number_deployment gives it; the default only keeps EF from sending one.
        deployment.Property(d => d.Number).HasDefaultValue(0L);
        deployment.Property(d => d.Status).HasDefaultValue(DeploymentStatus.Queued).HasSentinel(DeploymentStatus.Queued);
        deployment.Property(d => d.Reason).HasMaxLength(500);
        deployment.Property(d => d.Request).HasJson();
        deployment.Property(d => d.Plan).HasJson();
        deployment.Property(d => d.Outcome).HasMaxLength(2000);
        deployment.Property(d => d.LeaseOwner).HasMaxLength(200);
        deployment.Property(d => d.LeaseEpoch).HasDefaultValue(0L);
        deployment.Property(d => d.CreatedAt).DefaultsToNow();
        deployment.HasIndex(d => new { d.WorkspaceId, d.Number }).IsUnique();
        deployment.HasIndex(d => new { d.TeamId, d.CreatedAt }).IsDescending(false, true);
        deployment.HasIndex(d => new { d.EngineId, d.CreatedAt }).HasDatabaseName("ix_deployments_open")
            .HasFilter("status IN ('queued', 'building', 'starting', 'verifying', 'switching', 'interrupted')");
    }
}

sealed class DeploymentStepConfiguration : IEntityTypeConfiguration<DeploymentStep>
{
    public void Configure(EntityTypeBuilder<DeploymentStep> step)
    {
        step.ToTable("deployment_steps", table =>
        {
            table.HasWords<StepKind>("valid_step_kind", "kind");
            table.HasWords<StepStatus>("valid_step_status", "status");
        });
        step.BelongsTo<Deployment>(nameof(DeploymentStep.DeploymentId), DeleteBehavior.Cascade);
        step.BelongsTo<ServiceInstance>(nameof(DeploymentStep.ServiceInstanceId), DeleteBehavior.NoAction);
        step.Property(s => s.Status).HasDefaultValue(StepStatus.Pending);
        step.Property(s => s.Detail).HasMaxLength(2000);
        step.HasIndex(s => new { s.DeploymentId, s.Ordinal }).IsUnique();
        step.HasIndex(s => s.ServiceInstanceId);
    }
}
