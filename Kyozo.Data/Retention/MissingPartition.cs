using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Retention;

/// <summary>Writes that were refused because the day had no partition: the alarm of a write outside of the prepared days, kept a week. Belongs to no team.</summary>
public sealed class MissingPartition
{
    /// <summary>The partitioned table.</summary>
    public required string TableName { get; init; }
    /// <summary>The UTC day on which the write was refused.</summary>
    public required DateOnly Day { get; init; }
    /// <summary>When the first was refused.</summary>
    public required DateTimeOffset FirstAt { get; init; }
    /// <summary>When the last was refused.</summary>
    public required DateTimeOffset LastAt { get; set; }
    /// <summary>How many were refused, 1 and up.</summary>
    public required long Writes { get; set; }
}

sealed class MissingPartitionConfiguration : IEntityTypeConfiguration<MissingPartition>
{
    public void Configure(EntityTypeBuilder<MissingPartition> missing)
    {
        missing.ToTable("missing_partitions", table => table.HasCheckConstraint("valid_writes", "writes > 0"));
        missing.HasKey(m => new { m.TableName, m.Day });
        missing.Property(m => m.TableName).HasMaxLength(63);
    }
}
