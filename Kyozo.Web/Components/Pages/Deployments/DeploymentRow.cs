using Kyozo.Data;
using Kyozo.Data.Deployments;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Deployments;

/// <summary>A deployment as lists show it.</summary>
public sealed record DeploymentRow(
    Guid Id, Guid WorkspaceId, string Workspace, string WorkspaceSlug, long Number, DeploymentKind Kind, DeploymentStatus Status, string By, string? Reason,
    string? Outcome, string? Summary, IReadOnlyList<Guid> ServiceIds, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    public string Href => $"/w/{WorkspaceSlug}/deployments/{Number}";

    public bool IsOver => Status is DeploymentStatus.Succeeded or DeploymentStatus.Failed or DeploymentStatus.Cancelled;

    /// <summary>From pick-up to the end, or to now.</summary>
    public TimeSpan? Took(DateTimeOffset now) => StartedAt is { } start ? (FinishedAt ?? now) - start : null;
}

/// <summary>Reads deployments as rows, newest first.</summary>
public static class DeploymentRows
{
    public static async Task<List<DeploymentRow>> ReadAsync(
        KyozoContext db, Func<IQueryable<Deployment>, IQueryable<Deployment>> which, int count, CancellationToken cancellationToken)
    {
        var rows = await (
            from deployment in which(db.Deployments.AsNoTracking())
            join workspace in db.Workspaces on deployment.WorkspaceId equals workspace.Id
            join user in db.Users on deployment.RequestedBy equals user.Id
            orderby deployment.CreatedAt descending
            select new { deployment, workspace.Name, workspace.Slug, By = user.DisplayName }).Take(count).ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new DeploymentRow(
            row.deployment.Id, row.deployment.WorkspaceId, row.Name, row.Slug, row.deployment.Number, row.deployment.Kind, row.deployment.Status, row.By, row.deployment.Reason,
            row.deployment.Outcome, row.deployment.Plan?.Summary, row.deployment.Request.ServiceIds, row.deployment.CreatedAt, row.deployment.StartedAt, row.deployment.FinishedAt));
    }
}
