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

/// <summary>What the permissions page shows: everybody's permissions on one service, or one person's on every service.</summary>
/// <param name="Members">Of the team.</param>
/// <param name="Services">Of the team.</param>
/// <param name="Member">The person chosen, else one to ask about.</param>
/// <param name="Service">The service chosen, else one to ask about; null where there is none.</param>
/// <param name="ByUser">The page is of the person.</param>
/// <param name="InForce">Every grant that holds, of the person or service that the page is of.</param>
/// <param name="History">The newest of its grants, in force or revoked.</param>
/// <param name="MayGrant">Whoever looks may grant and revoke.</param>
public sealed record PermissionMatrix(
    IReadOnlyList<MemberRow> Members, IReadOnlyList<SubjectRow> Services, MemberRow Member, SubjectRow? Service, bool ByUser,
    IReadOnlyList<GrantRow> InForce, IReadOnlyList<GrantRow> History, bool MayGrant)
{
    public const int HistoryRows = 100;

    public static readonly IReadOnlyList<PermissionType> Verbs = Enum.GetValues<PermissionType>();

    public GrantRow? Granted(Guid user, Guid service, PermissionType permission) =>
        InForce.FirstOrDefault(grant => grant.UserId == user && grant.ServiceId == service && grant.Permission == permission);

    public static async Task<PermissionMatrix> ReadAsync(KyozoContext db, Authorization.Person person, Guid? user, Guid? service, CancellationToken cancellationToken)
    {
        var members = await MembersAsync(db, person, cancellationToken);
        var services = await (
            from instance in db.ServiceInstances
            join workspace in db.Workspaces on instance.WorkspaceId equals workspace.Id
            where instance.TeamId == person.Team.Id && instance.DeletedAt == null && workspace.DeletedAt == null
            orderby workspace.Name, instance.Name
            select new SubjectRow(instance.Id, instance.Name, workspace.Name)).ToListAsync(cancellationToken);

        var byUser = members.Any(row => row.Id == user);
        var member = members.Find(row => row.Id == user) ?? members.Find(row => !row.Inherits) ?? members[0];
        var subject = services.Find(row => row.Id == service) ?? services.FirstOrDefault();
        if (subject is null) return new(members, services, member, null, byUser, [], [], person.IsAdmin);

        var grants = db.ServicePermissions.AsNoTracking().Where(grant => grant.TeamId == person.Team.Id);
        grants = byUser ? grants.Where(grant => grant.UserId == member.Id) : grants.Where(grant => grant.ServiceInstanceId == subject.Id);
        return new(
            members, services, member, subject, byUser,
            await Rows(db, grants.Where(grant => grant.RevokedAt == null)).ToListAsync(cancellationToken),
            await Rows(db, grants.OrderByDescending(grant => grant.GrantedAt).Take(HistoryRows)).ToListAsync(cancellationToken),
            person.IsAdmin);
    }

    /// <summary>The people of the team, by name.</summary>
    public static Task<List<MemberRow>> MembersAsync(KyozoContext db, Authorization.Person person, CancellationToken cancellationToken) => (
        from membership in db.TeamMemberships
        join user in db.Users on membership.UserId equals user.Id
        where membership.TeamId == person.Team.Id && user.DeletedAt == null && user.Id != WellKnown.Operator
        orderby user.DisplayName
        select new MemberRow(user.Id, user.DisplayName, user.UserName!, membership.Role)).ToListAsync(cancellationToken);

    static IQueryable<GrantRow> Rows(KyozoContext db, IQueryable<ServicePermission> grants) =>
        from grant in grants
        join grantor in db.Users on grant.GrantedBy equals grantor.Id
        join gone in db.Users on grant.RevokedBy equals gone.Id into revokers
        from gone in revokers.DefaultIfEmpty()
        orderby grant.GrantedAt descending
        select new GrantRow(grant.UserId, grant.ServiceInstanceId, grant.PermissionType, grantor.DisplayName, grant.GrantedAt, gone.DisplayName, grant.RevokedAt);
}
