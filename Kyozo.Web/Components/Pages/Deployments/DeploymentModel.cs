using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Web.Components.Pages.Workspaces;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Deployments;

/// <summary>One step as the live page shows it.</summary>
public sealed record StepRow(Guid Id, Guid? ServiceId, string Service, int Ordinal, int Wave, StepKind Kind, StepStatus Status, string? Detail, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    public TimeSpan? Took(DateTimeOffset now) => StartedAt is { } start ? (FinishedAt ?? now) - start : null;
}

/// <summary>The release that a deployment made, once newer ones replaced it, with those of its services that are still there.</summary>
public sealed record EarlierRelease(long Number, IReadOnlyList<Guid> ServiceIds);

/// <summary>What the live page of a deployment shows.</summary>
public sealed record DeploymentModel(
    WorkspaceInfo Workspace, DeploymentRow Deployment, DateTimeOffset? CancelRequestedAt, IReadOnlyList<string> Refusals, IReadOnlyList<StepRow> Steps, EarlierRelease? Earlier, IReadOnlyList<AccessAction> Allowed)
{
    /// <summary>The step to look at: what failed, else what runs, else the last.</summary>
    public StepRow? Telling =>
        Steps.FirstOrDefault(step => step.Status is StepStatus.Failed) ?? Steps.FirstOrDefault(step => step.Status is StepStatus.Running)
        ?? Steps.LastOrDefault(step => step.Kind is StepKind.Build && step.Status is StepStatus.Succeeded) ?? (Steps.Count > 0 ? Steps[^1] : null);

    public static async Task<DeploymentModel?> ReadAsync(
        KyozoContext db, AccessControl access, Authorization.Person person, string slug, long number, CancellationToken cancellationToken)
    {
        if (await WorkspaceInfo.FindAsync(db, slug, person.IsAdmin, cancellationToken) is not { } workspace) return null;
        var row = (await DeploymentRows.ReadAsync(db, all => all.Where(deployment => deployment.WorkspaceId == workspace.Id && deployment.Number == number), 1, cancellationToken)).SingleOrDefault();
        if (row is null) return null;
        var more = await db.Deployments.AsNoTracking().Where(deployment => deployment.Id == row.Id)
            .Select(deployment => new { deployment.CancelRequestedAt, deployment.Plan, deployment.ReleaseId }).SingleAsync(cancellationToken);
        var steps = await (
            from step in db.DeploymentSteps.AsNoTracking()
            join service in db.ServiceInstances on step.ServiceInstanceId equals service.Id into services
            from service in services.DefaultIfEmpty()
            where step.DeploymentId == row.Id
            orderby step.Ordinal
            select new StepRow(step.Id, step.ServiceInstanceId, service.Name ?? "workspace", step.Ordinal, step.Wave, step.Kind, step.Status, step.Detail, step.StartedAt, step.FinishedAt))
            .ToListAsync(cancellationToken);
        var earlier = await EarlierAsync(db, workspace.Id, more.ReleaseId, cancellationToken);
        var allowed = await MapModel.MayDeployAsync(access, person, earlier?.ServiceIds ?? row.ServiceIds, cancellationToken);
        return new(workspace, row, more.CancelRequestedAt, more.Plan?.Refusals ?? [], steps, earlier, allowed);
    }

    static async Task<EarlierRelease?> EarlierAsync(KyozoContext db, Guid workspace, Guid? release, CancellationToken cancellationToken)
    {
        if (release is null) return null;
        var made = await db.Releases.AsNoTracking().SingleOrDefaultAsync(row => row.Id == release, cancellationToken);
        if (made is null || !await db.Releases.AnyAsync(row => row.WorkspaceId == workspace && row.Number > made.Number, cancellationToken)) return null;
        var released = made.Services.Select(service => service.ServiceId).ToList();
        var there = await db.ServiceInstances.Where(service => released.Contains(service.Id) && service.DeletedAt == null).Select(service => service.Id).ToListAsync(cancellationToken);
        return there.Count == 0 ? null : new(made.Number, there);
    }
}
