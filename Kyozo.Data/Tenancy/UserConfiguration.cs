using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Tenancy;

sealed class UserConfiguration : IEntityTypeConfiguration<User>
{
    public void Configure(EntityTypeBuilder<User> user)
    {
        user.ToTable("users");
        user.Property(u => u.DisplayName).HasMaxLength(100);
        user.Property(u => u.PasswordHash).HasMaxLength(1000);
        user.Property(u => u.SecurityStamp).HasMaxLength(100);
        user.Property(u => u.ConcurrencyStamp).HasMaxLength(100);
        user.Property(u => u.PhoneNumber).HasMaxLength(50);
        user.Property(u => u.CreatedAt).DefaultsToNow().Metadata.SetAfterSaveBehavior(PropertySaveBehavior.Ignore);

        // Only complete_setup writes it: the portal's role has no right to the column, and Identity updates whole rows.
        user.Property(u => u.IsInstallationAdmin).HasDefaultValue(false).Metadata.SetAfterSaveBehavior(PropertySaveBehavior.Ignore);

        user.HasIndex(u => u.NormalizedUserName).HasDatabaseName("ix_users_normalized_user_name").IsUnique().HasFilter("deleted_at IS NULL");
        user.HasIndex(u => u.NormalizedEmail).HasDatabaseName("ix_users_normalized_email").IsUnique().HasFilter("deleted_at IS NULL");
    }
}
