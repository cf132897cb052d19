using Kyozo.Data;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Permissions;

/// <summary>Somebody of the team.</summary>
public sealed record MemberRow(Guid Id, string Name, string UserName, TeamRole Role)
{
    /// <summary>Owners and admins hold all six permissions by their role.</summary>
    public bool Inherits => Role is not TeamRole.Member;
}

/// <summary>A service to hold permissions on.</summary>
public sealed record SubjectRow(Guid Id, string Name, string Workspace);

/// <summary>One grant, in force or revoked.</summary>
public sealed record GrantRow(Guid UserId, Guid ServiceId, PermissionType Permission, string GrantedBy, DateTimeOffset GrantedAt, string? RevokedBy, DateTimeOffset? RevokedAt);

/// <summary>What the permissions page shows.</summary>
public sealed record PermissionMatrix(IReadOnlyList<MemberRow> Members, IReadOnlyList<SubjectRow> Services, IReadOnlyList<GrantRow> Grants, bool MayGrant)
{
    public static readonly IReadOnlyList<PermissionType> Verbs = Enum.GetValues<PermissionType>();

    public GrantRow? Granted(Guid user, Guid service, PermissionType permission) =>
        Grants.FirstOrDefault(grant => grant.RevokedAt is null && grant.UserId == user && grant.ServiceId == service && grant.Permission == permission);

    public static async Task<PermissionMatrix> ReadAsync(KyozoContext db, Authorization.Person person, CancellationToken cancellationToken)
    {
        var members = await (
            from membership in db.TeamMemberships
            join user in db.Users on membership.UserId equals user.Id
            where membership.TeamId == person.Team.Id && user.DeletedAt == null && user.Id != WellKnown.Operator
            orderby user.DisplayName
            select new MemberRow(user.Id, user.DisplayName, user.UserName!, membership.Role)).ToListAsync(cancellationToken);
        var services = await (
            from service in db.ServiceInstances
            join workspace in db.Workspaces on service.WorkspaceId equals workspace.Id
            where service.DeletedAt == null && workspace.DeletedAt == null
            orderby workspace.Name, service.Name
            select new SubjectRow(service.Id, service.Name, workspace.Name)).ToListAsync(cancellationToken);
        var grants = await (
            from grant in db.ServicePermissions.AsNoTracking()
            join grantor in db.Users on grant.GrantedBy equals grantor.Id
            join gone in db.Users on grant.RevokedBy equals gone.Id into revokers
            from gone in revokers.DefaultIfEmpty()
            orderby grant.GrantedAt descending
            select new GrantRow(grant.UserId, grant.ServiceInstanceId, grant.PermissionType, grantor.DisplayName, grant.GrantedAt, gone.DisplayName, grant.RevokedAt))
            .Take(5000).ToListAsync(cancellationToken);
        return new(members, services, grants, person.IsAdmin);
    }
}
