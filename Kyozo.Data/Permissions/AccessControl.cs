using Kyozo.Data.Events;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Data.Permissions;

/// <summary>The one place that decides who may do what: called by the portal's handlers, the Worker API and the runner at pick-up. Reads the rows every time, so that a revocation holds at once; behind it stands row level security.</summary>
public sealed class AccessControl(IDbContextFactory<KyozoContext> contexts, CurrentActor currentActor, EventLog events)
{
    /// <summary>Goes on, or writes an <c>access_denied</c> audit event and throws.</summary>
    /// <exception cref="AccessDeniedException">The actor may not, or the target is not there for him.</exception>
    public async Task DemandAsync(Actor actor, AccessAction action, AccessTarget target, CancellationToken cancellationToken)
    {
        using var acting = currentActor.Use(actor);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var facts = await ReadFactsAsync(db, actor, target, cancellationToken);
        var decision = AccessDecision.Make(facts, action, target.Kind);
        if (decision.Allowed) return;

        await RecordDenialAsync(db, actor, action, target, facts, decision, cancellationToken);
        throw new AccessDeniedException(action, target, decision.Missing);
    }

    /// <summary>Whether the actor may; asking leaves no trace.</summary>
    public async Task<bool> AllowsAsync(Actor actor, AccessAction action, AccessTarget target, CancellationToken cancellationToken) =>
        (await ExplainAsync(actor, action, target, cancellationToken)).Allowed;

    /// <summary>Everything that the actor may do to a target, for buttons.</summary>
    public async Task<IReadOnlySet<AccessAction>> AllowedAsync(Actor actor, AccessTarget target, CancellationToken cancellationToken)
    {
        var facts = await ReadFactsAsync(actor, target, cancellationToken);
        return Enum.GetValues<AccessAction>().Where(action => AccessDecision.Make(facts, action, target.Kind).Allowed).ToHashSet();
    }

    /// <summary>Whether the actor may, and why or why not.</summary>
    public async Task<AccessDecision> ExplainAsync(Actor actor, AccessAction action, AccessTarget target, CancellationToken cancellationToken) =>
        AccessDecision.Make(await ReadFactsAsync(actor, target, cancellationToken), action, target.Kind);

    async Task<AccessFacts> ReadFactsAsync(Actor actor, AccessTarget target, CancellationToken cancellationToken)
    {
        using var acting = currentActor.Use(actor);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await ReadFactsAsync(db, actor, target, cancellationToken);
    }

    static async Task<AccessFacts> ReadFactsAsync(KyozoContext db, Actor actor, AccessTarget target, CancellationToken cancellationToken)
    {
        // One open for all questions: each open tells PostgreSQL anew who acts. Disposing the context closes it.
        await db.Database.OpenConnectionAsync(cancellationToken);
        var standing = await db.Users.AsNoTracking()
            .Where(user => user.Id == actor.UserId && user.DeletedAt == null)
            .Select(user => new
            {
                user.IsInstallationAdmin,
                Role = db.TeamMemberships
                    .Where(membership => membership.TeamId == actor.TeamId && membership.UserId == user.Id)
                    .Where(membership => db.Teams.Any(team => team.Id == membership.TeamId && team.DeletedAt == null))
                    .Select(membership => (TeamRole?)membership.Role)
                    .FirstOrDefault(),
            })
            .FirstOrDefaultAsync(cancellationToken);
        if (standing is null) return new(false, null, false, false, []);

        // The local command line has the administrator's connection anyway.
        var isAdmin = standing.IsInstallationAdmin || actor.UserId == WellKnown.Operator;
        if (standing.Role is null || target.Kind == TargetKind.Installation) return new(true, standing.Role, isAdmin, false, []);

        var (exists, services) = await ReadTargetAsync(db, actor, target, cancellationToken);
        return new(true, standing.Role, isAdmin, exists, services);
    }

    static async Task<(bool Exists, IReadOnlyList<ConcernedService> Services)> ReadTargetAsync(
        KyozoContext db, Actor actor, AccessTarget target, CancellationToken cancellationToken)
    {
        switch (target.Kind)
        {
            case TargetKind.Team:
                return (target.Id == actor.TeamId, []);

            case TargetKind.Service:
                var service = await ReadServicesAsync(db, actor, services => services.Where(s => s.Id == target.Id), cancellationToken);
                return (service.Count == 1, service);

            case TargetKind.Workspace:
                var exists = await db.Workspaces.AnyAsync(w => w.Id == target.Id && w.TeamId == actor.TeamId && w.DeletedAt == null, cancellationToken);
                if (!exists) return (false, []);
                return (true, await ReadServicesAsync(db, actor, services => services.Where(s => s.WorkspaceId == target.Id && s.DeletedAt == null), cancellationToken));

            case TargetKind.Deployment:
                var request = await db.Deployments.AsNoTracking().Where(d => d.Id == target.Id && d.TeamId == actor.TeamId)
                    .Select(d => d.Request).FirstOrDefaultAsync(cancellationToken);
                if (request is null) return (false, []);
                var concerned = await ReadServicesAsync(db, actor, services => services.Where(s => request.ServiceIds.Contains(s.Id)), cancellationToken);
                return (concerned.Count == request.ServiceIds.Distinct().Count(), concerned);

            default:
                return (false, []);
        }
    }

    static Task<List<ConcernedService>> ReadServicesAsync(
        KyozoContext db, Actor actor, Func<IQueryable<ServiceInstances.ServiceInstance>, IQueryable<ServiceInstances.ServiceInstance>> choose, CancellationToken cancellationToken) =>
        choose(db.ServiceInstances.AsNoTracking().Where(service => service.TeamId == actor.TeamId))
            .Select(service => new ConcernedService(
                service.Id,
                service.Name,
                db.ServicePermissions
                    .Where(p => p.TeamId == actor.TeamId && p.ServiceInstanceId == service.Id && p.UserId == actor.UserId && p.RevokedAt == null)
                    .Select(p => p.PermissionType)
                    .ToList()))
            .ToListAsync(cancellationToken);

    async Task RecordDenialAsync(
        KyozoContext db, Actor actor, AccessAction action, AccessTarget target, AccessFacts facts, AccessDecision decision, CancellationToken cancellationToken)
    {
        // A team that does not exist has no trail to write to.
        if (facts.Role is null && !await db.Teams.AnyAsync(team => team.Id == actor.TeamId, cancellationToken)) return;

        var data = new { Action = EnumWord.Of(action), decision.Missing };
        await events.AppendAuditAsync(
            db,
            new NewAuditEvent(actor.TeamId, "access_denied", data, facts.IsKnown ? actor.UserId : null, EnumWord.Of(target.Kind), target.Id),
            cancellationToken);
    }
}
