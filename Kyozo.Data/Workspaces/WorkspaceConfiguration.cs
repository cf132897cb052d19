using Kyozo.Data.Engines;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Workspaces;

sealed class WorkspaceConfiguration : IEntityTypeConfiguration<Workspace>
{
    public void Configure(EntityTypeBuilder<Workspace> workspace)
    {
        workspace.ToTable("workspaces", table =>
        {
            table.HasCheckConstraint("valid_slug", "slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'");
            table.HasCheckConstraint("valid_root_path", "root_path LIKE '/%' OR root_path ~ '^[A-Za-z]:'");
            table.HasJsonLimit("service_topology", 4096);
            table.HasJsonLimit("default_resource_limits", 4);
            // A workspace may keep longer, never shorter (DESIGN §5).
            table.HasCheckConstraint("valid_retention",
                "event_retention_days BETWEEN 90 AND 365 AND health_check_retention_days BETWEEN 30 AND 365 AND metric_retention_days BETWEEN 7 AND 365");
        });
        workspace.HasAlternateKey(w => new { w.TeamId, w.Id });
        workspace.RefersTo<Team>(nameof(Workspace.TeamId));
        workspace.RefersTo<ContainerEngine>(nameof(Workspace.EngineId));
        workspace.Property(w => w.Name).HasMaxLength(100);
        workspace.Property(w => w.Slug).HasMaxLength(63);
        workspace.Property(w => w.RootPath).HasMaxLength(4096);
        workspace.Property(w => w.ContainerEnabled).HasDefaultValue(true).HasSentinel(true);
        workspace.Property(w => w.ServiceTopology).HasJson();
        workspace.Property(w => w.AutoDeployEnabled).HasDefaultValue(false);
        workspace.Property(w => w.DeploymentEnvironment).HasMaxLength(63).HasDefaultValue("production");
        workspace.Property(w => w.ContainerRegistryUrl).HasMaxLength(500);
        workspace.Property(w => w.DefaultResourceLimits).HasJson().HasDefaultValueSql("'{}'::jsonb");
        workspace.Property(w => w.CreatedAt).DefaultsToNow();
        workspace.Property(w => w.UpdatedAt).DefaultsToNow();
        workspace.HasIndex(w => new { w.TeamId, w.Slug }).IsUnique().HasFilter("deleted_at IS NULL");
        workspace.HasIndex(w => w.EngineId);
        workspace.HasIndex(w => w.TeamId).HasDatabaseName("ix_workspaces_auto_deploy").HasFilter("auto_deploy_enabled AND deleted_at IS NULL");
    }
}

sealed class WorkspaceFileConfiguration : IEntityTypeConfiguration<WorkspaceFile>
{
    public void Configure(EntityTypeBuilder<WorkspaceFile> file)
    {
        file.ToTable("files", table =>
        {
            table.HasCheckConstraint("valid_path", "path LIKE '/%'");
            table.HasCheckConstraint("valid_size", "size_bytes >= 0");
            table.HasCheckConstraint("valid_analysis_confidence", "analysis_confidence BETWEEN 0 AND 1");
            table.HasCheckConstraint("detected_technologies_size", "cardinality(detected_technologies) <= 100 AND pg_column_size(detected_technologies) <= 8192");
            table.HasJsonLimit("service_metadata", 256);
        });
        file.BelongsTo<Workspace>(nameof(WorkspaceFile.WorkspaceId), DeleteBehavior.Cascade);
        file.Property(f => f.Path).HasMaxLength(4096);
        file.Property(f => f.ContentHash).HasMaxLength(64);
        file.Property(f => f.ServiceMetadata).HasColumnType("jsonb");
        file.Property(f => f.IsServiceIndicator).HasDefaultValue(false);
        file.Property(f => f.DetectedTechnologies).HasDefaultValueSql("'{}'::text[]");
        file.HasIndex(f => new { f.TeamId, f.WorkspaceId }).HasDatabaseName("ix_files_service_indicators").HasFilter("is_service_indicator");
        file.HasIndex(f => new { f.WorkspaceId, f.Path }).IsUnique();
        file.HasIndex(f => f.DetectedTechnologies).HasMethod("gin");
    }
}
