using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Workspaces;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Secrets;

sealed class SecretConfiguration : IEntityTypeConfiguration<Secret>
{
    public void Configure(EntityTypeBuilder<Secret> secret)
    {
        secret.ToTable("secrets", table =>
        {
            table.HasCheckConstraint("valid_secret_name", "name ~ '^[A-Za-z_][A-Za-z0-9_]{0,127}$'");
            table.HasCheckConstraint("ciphertext_size", "octet_length(ciphertext) BETWEEN 28 AND 65564");
        });
        secret.BelongsTo<Workspace>(nameof(Secret.WorkspaceId), DeleteBehavior.Cascade);
        secret.BelongsTo<ServiceInstance>(nameof(Secret.ServiceInstanceId), DeleteBehavior.Cascade);
        secret.RefersTo<User>(nameof(Secret.UpdatedBy));
        secret.Property(s => s.Name).HasMaxLength(128);
        secret.Property(s => s.UpdatedAt).DefaultsToNow();
        secret.HasIndex(s => new { s.WorkspaceId, s.ServiceInstanceId, s.Name }).IsUnique().AreNullsDistinct(false);
        secret.HasIndex(s => new { s.TeamId, s.ServiceInstanceId });
    }
}
