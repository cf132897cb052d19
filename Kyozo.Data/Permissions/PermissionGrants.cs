using Kyozo.Data.Events;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Data.Permissions;

/// <summary>Gives and takes the permissions of members on services, each with its audit event in the same transaction. Only owners and admins may; the grantor is always the actor.</summary>
public sealed class PermissionGrants(
    IDbContextFactory<KyozoContext> contexts, CurrentActor currentActor, AccessControl access, EventLog events, TimeProvider clock)
{
    /// <summary>Grants a permission; one that is in force already stays as it is.</summary>
    /// <exception cref="AccessDeniedException">The actor is neither owner nor admin, the service is not his team's, or the user is not a member of it.</exception>
    public async Task GrantAsync(Actor by, Guid userId, Guid serviceId, PermissionType permission, CancellationToken cancellationToken)
    {
        await access.DemandAsync(by, AccessAction.GrantPermission, AccessTarget.Service(serviceId), cancellationToken);
        using var acting = currentActor.Use(by);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);

        // Not "is not a member": that would tell which users other teams have.
        if (!await db.TeamMemberships.AnyAsync(m => m.TeamId == by.TeamId && m.UserId == userId, cancellationToken))
            throw new AccessDeniedException(AccessAction.GrantPermission, AccessTarget.Service(serviceId), null);
        if (await InForce(db, by, userId, serviceId, permission).AnyAsync(cancellationToken)) return;

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = clock.GetUtcNow();
        db.ServicePermissions.Add(new ServicePermission
        {
            Id = Guid.CreateVersion7(now),
            TeamId = by.TeamId,
            ServiceInstanceId = serviceId,
            UserId = userId,
            PermissionType = permission,
            GrantedBy = by.UserId,
            GrantedAt = now,
        });
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Somebody else granted it at the same moment.
            return;
        }

        await RecordAsync(db, "permission_granted", by, userId, serviceId, permission, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Takes a permission back; one that is not in force stays so.</summary>
    /// <exception cref="AccessDeniedException">The actor is neither owner nor admin, or the service is not his team's.</exception>
    public async Task RevokeAsync(Actor by, Guid userId, Guid serviceId, PermissionType permission, CancellationToken cancellationToken)
    {
        await access.DemandAsync(by, AccessAction.GrantPermission, AccessTarget.Service(serviceId), cancellationToken);
        using var acting = currentActor.Use(by);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var revoked = await InForce(db, by, userId, serviceId, permission).ExecuteUpdateAsync(
            set => set.SetProperty(p => p.RevokedAt, now).SetProperty(p => p.RevokedBy, by.UserId), cancellationToken);
        if (revoked == 0) return;

        await RecordAsync(db, "permission_revoked", by, userId, serviceId, permission, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    static IQueryable<ServicePermission> InForce(KyozoContext db, Actor by, Guid userId, Guid serviceId, PermissionType permission) =>
        db.ServicePermissions.Where(p =>
            p.TeamId == by.TeamId && p.ServiceInstanceId == serviceId && p.UserId == userId && p.PermissionType == permission && p.RevokedAt == null);

    Task RecordAsync(KyozoContext db, string action, Actor by, Guid userId, Guid serviceId, PermissionType permission, CancellationToken cancellationToken) =>
        events.AppendAuditAsync(
            db,
            new NewAuditEvent(by.TeamId, action, new { UserId = userId, Permission = EnumWord.Of(permission) }, by.UserId, "service", serviceId),
            cancellationToken);
}
