using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Data.Deployments;

/// <summary>A request that makes no sense, in words for people.</summary>
public sealed class DeploymentRequestException(string message) : Exception(message);

/// <summary>The one way in for every change of services: a row that a worker carries out. Portal and command line use it as <c>kyozo_portal</c>; each request needs its right on every service it names.</summary>
public sealed class DeploymentQueue(
    IDbContextFactory<KyozoContext> contexts, AccessControl access, CurrentActor currentActor, EventLog events, TimeProvider clock)
{
    /// <summary>Asks for a change. No services named: all of the workspace.</summary>
    /// <param name="actor">Who asks.</param>
    /// <param name="workspaceId">Where.</param>
    /// <param name="kind">What.</param>
    /// <param name="request">On which services and how.</param>
    /// <param name="reason">Why, in the requester's words, at most 500 characters, or null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The queued deployment with its number.</returns>
    /// <exception cref="AccessDeniedException">A right is missing on one of the services, or the workspace is not there.</exception>
    /// <exception cref="DeploymentRequestException">The request makes no sense.</exception>
    public async Task<Deployment> RequestAsync(
        Actor actor, Guid workspaceId, DeploymentKind kind, DeploymentRequest request, string? reason, CancellationToken cancellationToken)
    {
        using var acting = currentActor.Use(actor);
        await access.DemandAsync(actor, AccessAction.View, AccessTarget.Workspace(workspaceId), cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var workspace = await db.Workspaces.AsNoTracking()
            .SingleOrDefaultAsync(w => w.Id == workspaceId && w.TeamId == actor.TeamId && w.DeletedAt == null, cancellationToken)
            ?? throw new AccessDeniedException(AccessAction.View, AccessTarget.Workspace(workspaceId), null);
        var services = await db.ServiceInstances.AsNoTracking()
            .Where(s => s.WorkspaceId == workspaceId && s.DeletedAt == null)
            .Select(s => new { s.Id, s.Name, New = s.ReleaseId == null })
            .ToListAsync(cancellationToken);

        var asked = request.ServiceIds.Count == 0 || request.DeleteWorkspace ? [.. services.Select(s => s.Id)] : request.ServiceIds.Distinct().ToList();
        foreach (var id in asked.Where(id => services.All(s => s.Id != id))) throw new AccessDeniedException(AccessAction.View, AccessTarget.Service(id), null);
        Check(kind, request, workspace.ContainerEnabled, workspace.Name, asked.Count);

        foreach (var id in asked) await access.DemandAsync(actor, DeploymentAccess.ActionOf(kind), AccessTarget.Service(id), cancellationToken);
        if (request.DeleteWorkspace || kind is DeploymentKind.Deploy && services.Any(s => s.New && asked.Contains(s.Id)))
            await access.DemandAsync(actor, AccessAction.ManageWorkspace, AccessTarget.Workspace(workspaceId), cancellationToken);

        var deployment = new Deployment
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            TeamId = actor.TeamId,
            WorkspaceId = workspaceId,
            EngineId = workspace.EngineId,
            Kind = kind,
            RequestedBy = actor.UserId,
            Reason = string.IsNullOrWhiteSpace(reason) ? null : reason.Trim() is { Length: > 500 } long500 ? long500[..500] : reason.Trim(),
            Request = request with { ServiceIds = asked },
            CreatedAt = clock.GetUtcNow(),
        };
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.Add(deployment);
        await db.SaveChangesAsync(cancellationToken);
        var number = await db.Deployments.Where(d => d.Id == deployment.Id).Select(d => d.Number).SingleAsync(cancellationToken);
        await events.AppendAuditAsync(db, new(actor.TeamId, "deployment_requested",
            new { Deployment = number, Kind = kind, Services = services.Where(s => asked.Contains(s.Id)).Select(s => s.Name).Order(), request.DeleteWorkspace, deployment.Reason },
            actor.UserId, "deployment", deployment.Id), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return await db.Deployments.AsNoTracking().SingleAsync(d => d.Id == deployment.Id, cancellationToken);
    }

    /// <summary>Ends a deployment: the worker stops it at its next step and keeps what ran before.</summary>
    /// <returns>False when it had ended, or was to be cancelled already.</returns>
    /// <exception cref="AccessDeniedException">The right to deploy is missing on one of its services, or it is not there.</exception>
    public async Task<bool> CancelAsync(Actor actor, Guid deploymentId, CancellationToken cancellationToken)
    {
        using var acting = currentActor.Use(actor);
        await access.DemandAsync(actor, AccessAction.Deploy, AccessTarget.Deployment(deploymentId), cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var changed = await db.Deployments
            .Where(d => d.Id == deploymentId && d.TeamId == actor.TeamId && DeploymentStates.Open.Contains(d.Status) && d.CancelRequestedAt == null)
            .ExecuteUpdateAsync(u => u.SetProperty(d => d.CancelRequestedAt, now), cancellationToken);
        if (changed > 0)
            await events.AppendAuditAsync(db, new(actor.TeamId, "deployment_cancel_requested", new { }, actor.UserId, "deployment", deploymentId), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return changed > 0;
    }

    static void Check(DeploymentKind kind, DeploymentRequest request, bool enabled, string workspace, int services)
    {
        if (services == 0 && !request.DeleteWorkspace) throw new DeploymentRequestException($"Workspace {workspace} has no services yet: analyse its folder first.");
        if (request.DeleteWorkspace && kind is not DeploymentKind.Delete) throw new DeploymentRequestException("Only a deletion can take the workspace along.");
        if (!enabled && DeploymentAccess.Starts(kind, request.Replicas)) throw new DeploymentRequestException(DeploymentAccess.SwitchedOff(workspace));
        if (kind is DeploymentKind.Scale && request.Replicas is null or < 0 or > 100) throw new DeploymentRequestException("A service can have 0 to 100 replicas.");
        if (kind is DeploymentKind.Rollback && request.ReleaseNumber is null) throw new DeploymentRequestException("Say which release to go back to.");
    }
}

/// <summary>Which right a kind of deployment needs on each of its services.</summary>
public static class DeploymentAccess
{
    /// <summary>The action that is demanded when it is requested and again when a worker takes it up.</summary>
    public static AccessAction ActionOf(DeploymentKind kind) => kind switch
    {
        DeploymentKind.Deploy or DeploymentKind.Start or DeploymentKind.Rollback => AccessAction.Deploy,
        DeploymentKind.Stop => AccessAction.Stop,
        DeploymentKind.Restart => AccessAction.Restart,
        DeploymentKind.Scale => AccessAction.Scale,
        DeploymentKind.Delete => AccessAction.Delete,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>True for what makes containers run. A workspace whose containers are switched off takes none of these; stopping, deleting and scaling to nothing stay possible.</summary>
    public static bool Starts(DeploymentKind kind, int? replicas) =>
        kind is DeploymentKind.Deploy or DeploymentKind.Start or DeploymentKind.Restart or DeploymentKind.Rollback || (kind is DeploymentKind.Scale && replicas is not 0);

    /// <summary>Why such a request is refused, for people.</summary>
    public static string SwitchedOff(string workspace) =>
        $"Containers are switched off for the workspace {workspace}; switch them on in its settings to deploy and start its services.";
}

/// <summary>Groups of <see cref="DeploymentStatus"/>.</summary>
public static class DeploymentStates
{
    /// <summary>A worker holds it (or held it and died).</summary>
    public static IReadOnlyList<DeploymentStatus> Active { get; } =
        [DeploymentStatus.Building, DeploymentStatus.Starting, DeploymentStatus.Verifying, DeploymentStatus.Switching];

    /// <summary>Not ended yet.</summary>
    public static IReadOnlyList<DeploymentStatus> Open { get; } = [DeploymentStatus.Queued, DeploymentStatus.Interrupted, .. Active];

    /// <summary>True when it has ended.</summary>
    public static bool HasEnded(this DeploymentStatus status) =>
        status is DeploymentStatus.Succeeded or DeploymentStatus.Failed or DeploymentStatus.Cancelled;
}
