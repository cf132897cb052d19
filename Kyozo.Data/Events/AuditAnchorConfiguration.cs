using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Events;

sealed class AuditAnchorConfiguration : IEntityTypeConfiguration<AuditAnchor>
{
    public void Configure(EntityTypeBuilder<AuditAnchor> anchor)
    {
        anchor.ToTable("audit_anchors", table =>
        {
            table.HasCheckConstraint("valid_rows", $"from_sequence_num >= 1 AND sequence_num >= from_sequence_num AND sequence_num < from_sequence_num + {AuditAnchor.MaxRows}");
            table.HasCheckConstraint("valid_marks", $"octet_length(marks) = {AuditAnchor.MarkBytes} * (sequence_num - from_sequence_num + 1)");
            table.HasCheckConstraint("valid_hashes", "octet_length(hash) = 32 AND octet_length(signature) = 32 AND octet_length(previous_signature) IN (0, 32)");
        });
        anchor.HasKey(a => a.Number);
        anchor.Property(a => a.Number).ValueGeneratedNever();
        anchor.RefersTo<Team>(nameof(AuditAnchor.TeamId));
        anchor.BelongsTo<ServiceInstance>(nameof(AuditAnchor.ServiceInstanceId), DeleteBehavior.Restrict);
        anchor.Property(a => a.Hash).HasMaxLength(32);
        anchor.Property(a => a.Marks).HasMaxLength(AuditAnchor.MarkBytes * AuditAnchor.MaxRows);
        anchor.Property(a => a.PreviousSignature).HasMaxLength(32);
        anchor.Property(a => a.Signature).HasMaxLength(32);
        anchor.HasIndex(a => new { a.TeamId, a.ServiceInstanceId, a.FromSequenceNum });
    }
}
