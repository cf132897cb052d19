using Kyozo.Data.Engines;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Workspaces;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Deployments;

sealed class ReleaseConfiguration : IEntityTypeConfiguration<Release>
{
    public void Configure(EntityTypeBuilder<Release> release)
    {
        release.ToTable("releases", table => table.HasJsonLimit("services", 4096));
        release.HasAlternateKey(r => new { r.TeamId, r.Id });
        release.BelongsTo<Workspace>(nameof(Release.WorkspaceId), DeleteBehavior.Restrict);
        release.BelongsTo<Deployment>(nameof(Release.DeploymentId), DeleteBehavior.Restrict);
        release.Property(r => r.Services).HasJson();
        release.Property(r => r.CreatedAt).DefaultsToNow();
        release.HasIndex(r => new { r.WorkspaceId, r.Number }).IsUnique();
        release.HasIndex(r => r.DeploymentId);
    }
}

sealed class ServiceContainerConfiguration : IEntityTypeConfiguration<ServiceContainer>
{
    public void Configure(EntityTypeBuilder<ServiceContainer> container)
    {
        container.ToTable("service_containers", table =>
        {
            table.HasWords<ContainerStatus>("valid_container_status", "status");
            table.HasCheckConstraint("valid_replica", "replica >= 1");
            table.HasJsonLimit("host_ports", 16);
        });
        container.HasAlternateKey(c => new { c.TeamId, c.Id });
        container.BelongsTo<ServiceInstance>(nameof(ServiceContainer.ServiceInstanceId), DeleteBehavior.Restrict);
        container.BelongsTo<Release>(nameof(ServiceContainer.ReleaseId), DeleteBehavior.NoAction);
        container.RefersTo<ContainerEngine>(nameof(ServiceContainer.EngineId));
        container.Property(c => c.SpecHash).HasMaxLength(64);
        container.Property(c => c.ContainerId).HasMaxLength(128);
        container.Property(c => c.ContainerName).HasMaxLength(255);
        container.Property(c => c.ImageId).HasMaxLength(200);
        container.Property(c => c.HostPorts).HasJson().HasDefaultValueSql("'{}'::jsonb");
        container.Property(c => c.Status).HasDefaultValue(ContainerStatus.Created);
        container.Property(c => c.InService).HasDefaultValue(false);
        container.Property(c => c.RestartCount).HasDefaultValue(0);
        container.Property(c => c.CreatedAt).DefaultsToNow();
        container.HasIndex(c => new { c.ServiceInstanceId, c.Replica }).HasFilter("removed_at IS NULL");
        container.HasIndex(c => new { c.EngineId, c.ContainerId }).IsUnique().HasFilter("container_id IS NOT NULL");
        container.HasIndex(c => c.TeamId);
    }
}
