using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Workspaces;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Topology;

sealed class DetectionCorrectionConfiguration : IEntityTypeConfiguration<DetectionCorrection>
{
    public void Configure(EntityTypeBuilder<DetectionCorrection> correction)
    {
        correction.ToTable("detection_corrections", table =>
        {
            table.HasWords<CorrectionKind>("valid_correction_kind", "kind");
            table.HasCheckConstraint("valid_folder_path", "folder_path LIKE '/%'");
            table.HasCheckConstraint("valid_service_name", "service_name ~ '^[a-z0-9][a-z0-9-]{0,62}$'");
            table.HasCheckConstraint("valid_other_service", "(kind IN ('edge', 'no_edge')) = (other_service IS NOT NULL) AND other_service ~ '^[a-z0-9][a-z0-9-]{0,62}$' AND other_service <> service_name");
            table.HasCheckConstraint("valid_undoing", "(undone_at IS NULL) = (undone_by IS NULL)");
            table.HasJsonLimit("corrected_values", 64);
        });
        correction.BelongsTo<Workspace>(nameof(DetectionCorrection.WorkspaceId), DeleteBehavior.Cascade);
        correction.RefersTo<User>(nameof(DetectionCorrection.CorrectedBy));
        correction.RefersTo<User>(nameof(DetectionCorrection.UndoneBy));
        correction.Property(c => c.FolderPath).HasMaxLength(4096);
        correction.Property(c => c.ServiceName).HasMaxLength(63);
        correction.Property(c => c.OtherService).HasMaxLength(63);
        correction.Property(c => c.Values).HasColumnName("corrected_values").HasJson().HasDefaultValueSql("'{}'::jsonb");
        correction.Property(c => c.CorrectedAt).DefaultsToNow();
        // One word in force about each finding and each edge.
        correction.HasIndex(c => new { c.WorkspaceId, c.FolderPath, c.ServiceName, c.OtherService }).IsUnique().AreNullsDistinct(false).HasFilter("undone_at IS NULL").HasDatabaseName("ix_detection_corrections_in_force");
        correction.HasIndex(c => new { c.TeamId, c.WorkspaceId });
    }
}
