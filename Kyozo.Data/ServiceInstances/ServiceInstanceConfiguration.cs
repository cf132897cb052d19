using Kyozo.Data.Deployments;
using Kyozo.Data.Health;
using Kyozo.Data.Schema;
using Kyozo.Data.Topology;
using Kyozo.Data.Workspaces;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.ServiceInstances;

sealed class ServiceInstanceConfiguration : IEntityTypeConfiguration<ServiceInstance>
{
    public void Configure(EntityTypeBuilder<ServiceInstance> service)
    {
        service.ToTable("service_instances", table =>
        {
            table.HasWords<ServiceType>("valid_service_type", "service_type");
            table.HasWords<ServiceStatus>("valid_status", "status");
            table.HasWords<HealthState>("valid_health", "health");
            table.HasCheckConstraint("valid_name", "name ~ '^[a-z0-9][a-z0-9-]{0,62}$'");
            table.HasCheckConstraint("valid_folder_path", "folder_path LIKE '/%'");
            table.HasJsonLimit("deployment_config", 256);
            table.HasJsonLimit("port_mappings", 16);
            table.HasJsonLimit("resource_limits", 4);
            table.HasJsonLimit("scaling_config", 4);
        });
        service.HasAlternateKey(s => new { s.TeamId, s.Id });
        service.HasAlternateKey(s => new { s.TeamId, s.WorkspaceId, s.Id });
        service.BelongsTo<Workspace>(nameof(ServiceInstance.WorkspaceId), DeleteBehavior.Restrict);
        service.BelongsTo<TopologyDetection>(nameof(ServiceInstance.TopologyDetectionId), DeleteBehavior.NoAction);
        service.BelongsTo<Release>(nameof(ServiceInstance.ReleaseId), DeleteBehavior.NoAction);
        service.Property(s => s.Name).HasMaxLength(63);
        service.Property(s => s.FolderPath).HasMaxLength(4096);
        service.Property(s => s.DeploymentConfig).HasJson().HasDefaultValueSql("'{}'::jsonb");
        service.Property(s => s.PortMappings).HasJson().HasDefaultValueSql("'[]'::jsonb");
        service.Property(s => s.ResourceLimits).HasJson().HasDefaultValueSql("'{}'::jsonb");
        service.Property(s => s.ScalingConfig).HasJson().HasDefaultValueSql("'{}'::jsonb");
        service.Property(s => s.Status).HasDefaultValue(ServiceStatus.Detected);
        service.Property(s => s.StatusReason).HasMaxLength(500);
        service.Property(s => s.StatusSince).DefaultsToNow();
        service.Property(s => s.WantedRunning).HasDefaultValue(false);
        service.Property(s => s.Health).HasDefaultValue(HealthState.Unknown);
        service.Property(s => s.ImageId).HasMaxLength(200);
        service.Property(s => s.ContainerId).HasMaxLength(128);
        service.Property(s => s.Generation).HasDefaultValue(1L);
        service.Property(s => s.CreatedAt).DefaultsToNow();
        service.Property(s => s.UpdatedAt).DefaultsToNow();
        service.HasIndex(s => new { s.TeamId, s.WorkspaceId, s.Status });
        service.HasIndex(s => new { s.WorkspaceId, s.Name }).IsUnique().HasFilter("deleted_at IS NULL");
        service.HasIndex(s => new { s.TeamId, s.Status }).HasDatabaseName("ix_service_instances_trouble")
            .HasFilter("status IN ('degraded', 'crash_looping', 'failed', 'unknown') AND deleted_at IS NULL");
        service.HasIndex(s => s.DeploymentConfig).HasMethod("gin").HasOperators("jsonb_path_ops");
    }
}

sealed class ServiceDependencyConfiguration : IEntityTypeConfiguration<ServiceDependency>
{
    public void Configure(EntityTypeBuilder<ServiceDependency> dependency)
    {
        dependency.ToTable("service_dependencies", table =>
        {
            table.HasWords<DependencyType>("valid_dependency_type", "dependency_type");
            table.HasCheckConstraint("no_self_dependency", "service_instance_id <> depends_on_id");
            table.HasCheckConstraint("valid_startup_order", "startup_order >= 0");
            table.HasCheckConstraint("valid_connection_template", ConnectionTemplate.Check);
            table.HasCheckConstraint("valid_env_variable", "env_variable ~ '^[A-Za-z_][A-Za-z0-9_]{0,127}$'");
        });
        SameWorkspace(dependency, nameof(ServiceDependency.ServiceInstanceId));
        SameWorkspace(dependency, nameof(ServiceDependency.DependsOnId));
        dependency.Property(d => d.StartupOrder).HasDefaultValue(0);
        dependency.Property(d => d.EnvVariable).HasMaxLength(128);
        dependency.Property(d => d.ConnectionTemplate).HasMaxLength(1000);
        dependency.Property(d => d.CreatedAt).DefaultsToNow();
        dependency.HasIndex(d => new { d.ServiceInstanceId, d.DependsOnId }).IsUnique();
        dependency.HasIndex(d => d.DependsOnId);
        dependency.HasIndex(d => new { d.TeamId, d.WorkspaceId, d.StartupOrder });
    }

    static void SameWorkspace(EntityTypeBuilder<ServiceDependency> dependency, string property) =>
        dependency.HasOne<ServiceInstance>().WithMany()
            .HasForeignKey(nameof(ServiceDependency.TeamId), nameof(ServiceDependency.WorkspaceId), property)
            .HasPrincipalKey(nameof(ServiceInstance.TeamId), nameof(ServiceInstance.WorkspaceId), nameof(ServiceInstance.Id))
            .OnDelete(DeleteBehavior.Cascade);
}
