using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Workspaces;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Topology;

sealed class TopologyDetectionConfiguration : IEntityTypeConfiguration<TopologyDetection>
{
    /// <summary>Graph of an analysis that was only named and has found nothing (yet).</summary>
    public const string NothingFound = """'{"folder": "/", "strategy": "none", "services": [], "dependencies": [], "skipped": []}'::jsonb""";

    public void Configure(EntityTypeBuilder<TopologyDetection> detection)
    {
        detection.ToTable("topology_detections", table =>
        {
            table.HasWords<DeploymentStrategy>("valid_deployment_strategy", "deployment_strategy");
            table.HasCheckConstraint("valid_folder_path", "folder_path LIKE '/%'");
            table.HasJsonLimit("detected_patterns", 4096);
            table.HasJsonLimit("confidence_scores", 256);
            table.HasJsonLimit("recommended_services", 4096);
            table.HasJsonLimit("service_graph", 4096);
        });
        detection.HasAlternateKey(d => new { d.TeamId, d.Id });
        detection.BelongsTo<Workspace>(nameof(TopologyDetection.WorkspaceId), DeleteBehavior.Cascade);
        detection.RefersTo<User>(nameof(TopologyDetection.RequestedBy));
        detection.Property(d => d.FolderPath).HasMaxLength(4096);
        detection.Property(d => d.DetectedPatterns).HasColumnType("jsonb").HasDefaultValueSql("'{}'::jsonb");
        detection.Property(d => d.ConfidenceScores).HasColumnType("jsonb").HasDefaultValueSql("'{}'::jsonb");
        detection.Property(d => d.RecommendedServices).HasJson().HasDefaultValueSql("'[]'::jsonb");
        detection.Property(d => d.ServiceGraph).HasJson().HasDefaultValueSql(NothingFound);
        detection.Property(d => d.DeploymentStrategy).HasDefaultValue(DeploymentStrategy.None);
        detection.Property(d => d.DetectedAt).DefaultsToNow();
        detection.HasIndex(d => new { d.WorkspaceId, d.DetectedAt }).IsDescending(false, true);
        detection.HasIndex(d => new { d.TeamId, d.DetectedAt }).IsDescending(false, true);
        detection.HasIndex(d => d.DetectedPatterns).HasMethod("gin").HasOperators("jsonb_path_ops");
    }
}
