using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Backups;

sealed class BackupConfiguration : IEntityTypeConfiguration<Backup>
{
    public void Configure(EntityTypeBuilder<Backup> backup)
    {
        backup.ToTable("backups", table =>
        {
            table.HasWords<BackupStatus>("valid_backup_status", "status");
            table.HasJsonLimit("row_counts", 256);
        });
        backup.RefersTo<User>(nameof(Backup.RequestedBy));
        backup.Property(b => b.StartedAt).DefaultsToNow();
        backup.Property(b => b.File).HasMaxLength(1000);
        backup.Property(b => b.SchemaVersion).HasMaxLength(150);
        backup.Property(b => b.RowCounts).HasJson();
        backup.Property(b => b.Outcome).HasMaxLength(2000);
        backup.Property(b => b.Node).HasMaxLength(200);
        backup.HasIndex(b => b.StartedAt).IsDescending();
    }
}
