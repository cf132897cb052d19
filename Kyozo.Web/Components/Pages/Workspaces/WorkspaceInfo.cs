using Kyozo.Data;
using Kyozo.Data.Permissions;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Workspaces;

/// <summary>What every page of a workspace knows of it, with what the person may do to it.</summary>
public sealed record WorkspaceInfo(Guid Id, string Name, string Slug, string RootPath, bool ContainerEnabled, string Environment, bool Administrates)
{
    public string Href => $"/w/{Slug}";

    public IReadOnlyList<AccessAction> Allowed => Administrates
        ? [AccessAction.ManageWorkspace, AccessAction.Upload, AccessAction.CreateWorkspace, AccessAction.GrantPermission]
        : [];

    /// <summary>The workspace of that name in the person's team, or null.</summary>
    public static Task<WorkspaceInfo?> FindAsync(KyozoContext db, string slug, bool administrates, CancellationToken cancellationToken) =>
        db.Workspaces.AsNoTracking().Where(workspace => workspace.Slug == slug && workspace.DeletedAt == null)
            .Select(workspace => new WorkspaceInfo(
                workspace.Id, workspace.Name, workspace.Slug, workspace.RootPath, workspace.ContainerEnabled, workspace.DeploymentEnvironment, administrates))
            .SingleOrDefaultAsync(cancellationToken);
}
