using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.ServiceInstances;
using Kyozo.Web.Authorization;
using Kyozo.Web.Components.Shared;
using Kyozo.Web.Live;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Workspaces;

/// <summary>The settings of a workspace as they are stored.</summary>
public sealed record WorkspaceSettings(WorkspaceInfo Workspace, ResourceLimits Limits, RetentionDays Retention, DateTimeOffset UpdatedAt)
{
    public static async Task<WorkspaceSettings?> ReadAsync(KyozoContext db, string slug, bool administrates, CancellationToken cancellationToken)
    {
        if (await WorkspaceInfo.FindAsync(db, slug, administrates, cancellationToken) is not { } workspace) return null;
        var row = await db.Workspaces.AsNoTracking().Where(row => row.Id == workspace.Id)
            .Select(row => new { row.DefaultResourceLimits, row.EventRetentionDays, row.HealthCheckRetentionDays, row.MetricRetentionDays, row.UpdatedAt }).SingleAsync(cancellationToken);
        return new(workspace, row.DefaultResourceLimits, new(row.EventRetentionDays, row.HealthCheckRetentionDays, row.MetricRetentionDays), row.UpdatedAt);
    }

    /// <summary>Stores the form over what it was filled from; refused when somebody else was quicker.</summary>
    public static async Task SaveAsync(Portal portal, AccessControl access, EventLog events, WorkspaceSettings from, WorkspaceForm form, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (form.Name.Length is 0 or > 100) throw new RefusedException("The name needs 1 to 100 characters.");
        if (form.Environment.Length is 0 or > 50) throw new RefusedException("The environment needs 1 to 50 characters, for example production.");
        var limits = form.Limits.ToLimits();
        var retention = form.Retention.ToDays();
        await portal.WriteAsync(async (db, actor, token) =>
        {
            await access.DemandAsync(actor, AccessAction.ManageWorkspace, AccessTarget.Workspace(from.Workspace.Id), token);
            var row = await db.Workspaces.SingleAsync(workspace => workspace.Id == from.Workspace.Id && workspace.DeletedAt == null, token);
            if (row.UpdatedAt != from.UpdatedAt) throw new RefusedException("Somebody else changed these settings meanwhile. They are shown as they are now.");
            row.Name = form.Name;
            row.DeploymentEnvironment = form.Environment;
            row.ContainerEnabled = form.ContainerEnabled;
            row.DefaultResourceLimits = limits;
            (row.EventRetentionDays, row.HealthCheckRetentionDays, row.MetricRetentionDays) = (retention.Events, retention.HealthChecks, retention.Metrics);
            row.UpdatedAt = clock.GetUtcNow();
            await db.SaveChangesAsync(token);
            await events.AppendAuditAsync(db, new NewAuditEvent(
                actor.TeamId, "config_changed", new { before = WorkspaceForm.Of(from), after = form }, actor.UserId, "workspace", row.Id), token);
            return true;
        }, cancellationToken);
    }
}

/// <summary>The settings as they are typed.</summary>
public sealed record WorkspaceForm(string Name, string Environment, bool ContainerEnabled, LimitsForm Limits, RetentionForm Retention)
{
    public static WorkspaceForm Of(WorkspaceSettings settings) =>
        new(settings.Workspace.Name, settings.Workspace.Environment, settings.Workspace.ContainerEnabled, LimitsForm.Of(settings.Limits), RetentionForm.Of(settings.Retention));
}
