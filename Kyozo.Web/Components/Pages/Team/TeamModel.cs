using System.Security.Cryptography;
using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Web.Authorization;
using Kyozo.Web.Components.Pages.Permissions;
using Kyozo.Web.Components.Shared;
using Kyozo.Web.Live;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Team;

/// <summary>Somebody to add to the team.</summary>
public sealed record NewMember(string Name, string Email, TeamRole Role);

/// <summary>Changes who belongs to the team; each change demands its right and leaves a line in the trail.</summary>
public sealed class TeamChanges(Portal portal, AccessControl access, EventLog events, IServiceScopeFactory scopes, TimeProvider clock)
{
    /// <summary>Adds somebody. An account that does not exist yet is made with a random password.</summary>
    /// <returns>That password, to be handed over once, or null when the account existed.</returns>
    public async Task<string?> AddAsync(NewMember member, CancellationToken cancellationToken)
    {
        var actor = (await portal.PersonAsync(cancellationToken)).Actor;
        await DemandAsync(actor, member.Role, cancellationToken);
        if (member.Name.Length is 0 or > 100) throw new RefusedException("The name needs 1 to 100 characters.");
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = await users.FindByEmailAsync(member.Email);
        string? password = null;
        if (user is null)
        {
            password = RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 20);
            user = new User { Id = Guid.CreateVersion7(clock.GetUtcNow()), UserName = member.Email, Email = member.Email, EmailConfirmed = true, DisplayName = member.Name };
            var made = await users.CreateAsync(user, password);
            if (!made.Succeeded) throw new RefusedException(string.Join(" ", made.Errors.Select(error => error.Description)));
        }

        await portal.WriteAsync(async (db, by, token) =>
        {
            await DemandAsync(by, member.Role, token);
            if (await db.TeamMemberships.AnyAsync(row => row.TeamId == by.TeamId && row.UserId == user.Id, token)) throw new RefusedException($"{user.DisplayName} belongs to the team already.");
            db.TeamMemberships.Add(new TeamMembership { TeamId = by.TeamId, UserId = user.Id, Role = member.Role });
            await db.SaveChangesAsync(token);
            await events.AppendAuditAsync(db, new NewAuditEvent(by.TeamId, "member_added", new { role = Say.Word(member.Role) }, by.UserId, "user", user.Id), token);
            return true;
        }, cancellationToken);
        return password;
    }

    public Task ChangeRoleAsync(MemberRow member, TeamRole role, CancellationToken cancellationToken) => portal.WriteAsync(async (db, actor, token) =>
    {
        await DemandAsync(actor, member.Role, token);
        await DemandAsync(actor, role, token);
        await KeepAnOwnerAsync(db, actor, member, role is TeamRole.Owner, token);
        await db.TeamMemberships.Where(row => row.TeamId == actor.TeamId && row.UserId == member.Id).ExecuteUpdateAsync(set => set.SetProperty(row => row.Role, role), token);
        await events.AppendAuditAsync(db, new NewAuditEvent(actor.TeamId, "role_changed", new { from = Say.Word(member.Role), to = Say.Word(role) }, actor.UserId, "user", member.Id), token);
        return true;
    }, cancellationToken);

    /// <summary>Takes somebody out of the team, and his grants with him.</summary>
    public Task RemoveAsync(MemberRow member, CancellationToken cancellationToken) => portal.WriteAsync(async (db, actor, token) =>
    {
        await DemandAsync(actor, member.Role, token);
        await KeepAnOwnerAsync(db, actor, member, stays: false, token);
        var now = clock.GetUtcNow();
        await db.ServicePermissions.Where(grant => grant.TeamId == actor.TeamId && grant.UserId == member.Id && grant.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(grant => grant.RevokedAt, now).SetProperty(grant => grant.RevokedBy, actor.UserId), token);
        await db.TeamMemberships.Where(row => row.TeamId == actor.TeamId && row.UserId == member.Id).ExecuteDeleteAsync(token);
        await events.AppendAuditAsync(db, new NewAuditEvent(actor.TeamId, "member_removed", new { role = Say.Word(member.Role) }, actor.UserId, "user", member.Id), token);
        return true;
    }, cancellationToken);

    /// <summary>Admins manage members and admins; whatever touches an owner is an owner's.</summary>
    Task DemandAsync(Actor actor, TeamRole touched, CancellationToken cancellationToken) => access.DemandAsync(
        actor, touched is TeamRole.Owner ? AccessAction.ManageTeam : AccessAction.ManageMembers, AccessTarget.Team(actor.TeamId), cancellationToken);

    static async Task KeepAnOwnerAsync(KyozoContext db, Actor actor, MemberRow member, bool stays, CancellationToken cancellationToken)
    {
        if (member.Role is not TeamRole.Owner || stays) return;
        var others = await db.TeamMemberships.CountAsync(
            row => row.TeamId == actor.TeamId && row.Role == TeamRole.Owner && row.UserId != member.Id && row.UserId != WellKnown.Operator, cancellationToken);
        if (others == 0) throw new RefusedException($"{member.Name} is the only owner; make somebody else owner first.");
    }
}
