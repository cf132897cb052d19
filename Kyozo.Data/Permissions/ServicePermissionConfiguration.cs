using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Permissions;

sealed class ServicePermissionConfiguration : IEntityTypeConfiguration<ServicePermission>
{
    public void Configure(EntityTypeBuilder<ServicePermission> permission)
    {
        permission.ToTable("service_permissions", table =>
        {
            table.HasWords<PermissionType>("valid_permission_type", "permission_type");
            table.HasCheckConstraint("valid_revocation", "(revoked_at IS NULL) = (revoked_by IS NULL)");
        });
        permission.BelongsTo<ServiceInstance>(nameof(ServicePermission.ServiceInstanceId), DeleteBehavior.Restrict);
        permission.RefersTo<User>(nameof(ServicePermission.UserId));
        permission.RefersTo<User>(nameof(ServicePermission.GrantedBy));
        permission.RefersTo<User>(nameof(ServicePermission.RevokedBy));
        permission.Property(p => p.GrantedAt).DefaultsToNow();
        permission.HasIndex(p => new { p.ServiceInstanceId, p.UserId, p.PermissionType }).IsUnique().HasFilter("revoked_at IS NULL");
        permission.HasIndex(p => new { p.TeamId, p.UserId }).HasFilter("revoked_at IS NULL");
        permission.HasIndex(p => new { p.TeamId, p.ServiceInstanceId, p.GrantedAt }).IsDescending(false, false, true);
        permission.HasIndex(p => new { p.TeamId, p.UserId, p.GrantedAt }).IsDescending(false, false, true);
    }
}
