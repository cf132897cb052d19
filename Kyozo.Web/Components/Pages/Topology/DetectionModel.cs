using Kyozo.Data;
using Kyozo.Data.Topology;
using Kyozo.Web.Components.Pages.Workspaces;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Topology;

/// <summary>What the detection page shows: the newest analysis, and which of its services are taken over already.</summary>
public sealed record DetectionModel(WorkspaceInfo Workspace, Guid? DetectionId, DateTimeOffset? DetectedAt, FolderTopology? Topology, IReadOnlyList<string> Taken)
{
    /// <summary>The least certain first.</summary>
    public IReadOnlyList<DetectedService> Findings => [.. (Topology?.Services ?? []).OrderBy(service => service.Confidence).ThenBy(service => service.Name, StringComparer.Ordinal)];

    public static async Task<DetectionModel?> ReadAsync(KyozoContext db, string slug, bool administrates, CancellationToken cancellationToken)
    {
        if (await WorkspaceInfo.FindAsync(db, slug, administrates, cancellationToken) is not { } workspace) return null;
        var newest = await db.TopologyDetections.AsNoTracking().Where(detection => detection.WorkspaceId == workspace.Id)
            .OrderByDescending(detection => detection.DetectedAt)
            .Select(detection => new { detection.Id, detection.DetectedAt, detection.ServiceGraph }).FirstOrDefaultAsync(cancellationToken);
        var taken = await db.ServiceInstances.AsNoTracking().Where(service => service.WorkspaceId == workspace.Id && service.DeletedAt == null)
            .Select(service => service.Name).ToListAsync(cancellationToken);
        return new(workspace, newest?.Id, newest?.DetectedAt, newest?.ServiceGraph, taken);
    }
}
