using Kyozo.Data;
using Kyozo.Data.Permissions;
using Kyozo.Data.Topology;
using Kyozo.Web.Authorization;
using Kyozo.Web.Components.Pages.Workspaces;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Topology;

/// <summary>What the detection page shows: the newest analysis, which of its services are taken over already, and what people said about it.</summary>
public sealed record DetectionModel(
    WorkspaceInfo Workspace, Guid? DetectionId, DateTimeOffset? DetectedAt, FolderTopology? Topology, IReadOnlyList<string> Taken, IReadOnlyList<CorrectionRow> Corrections, bool MayCorrect)
{
    /// <summary>Below it a finding is a question, from 0.3 on.</summary>
    public const double Sure = 0.8;

    /// <summary>The least certain first.</summary>
    public IReadOnlyList<DetectedService> Findings => [.. (Topology?.Services ?? []).OrderBy(service => service.Confidence).ThenBy(service => service.Name, StringComparer.Ordinal)];

    /// <summary>Findings that a person should answer: accept, correct, or ignore.</summary>
    public IReadOnlyList<DetectedService> Questions => [.. Findings.Where(IsQuestion)];

    public bool IsQuestion(DetectedService service) => service.Confidence is >= 0.3 and < Sure && !Taken.Contains(service.Name);

    public static async Task<DetectionModel?> ReadAsync(KyozoContext db, string slug, Person person, CancellationToken cancellationToken)
    {
        if (await WorkspaceInfo.FindAsync(db, slug, person.IsAdmin, cancellationToken) is not { } workspace) return null;
        var newest = await db.TopologyDetections.AsNoTracking().Where(detection => detection.WorkspaceId == workspace.Id)
            .OrderByDescending(detection => detection.DetectedAt)
            .Select(detection => new { detection.Id, detection.DetectedAt, detection.ServiceGraph }).FirstOrDefaultAsync(cancellationToken);
        var taken = await db.ServiceInstances.AsNoTracking().Where(service => service.WorkspaceId == workspace.Id && service.DeletedAt == null)
            .Select(service => new
            {
                service.Name,
                MayConfigure = db.ServicePermissions.Any(grant => grant.ServiceInstanceId == service.Id && grant.UserId == person.Id && grant.PermissionType == PermissionType.ModifyConfig && grant.RevokedAt == null),
            }).ToListAsync(cancellationToken);
        var corrections = await db.DetectionCorrections.AsNoTracking().Where(correction => correction.WorkspaceId == workspace.Id && correction.UndoneAt == null)
            .Join(db.Users, correction => correction.CorrectedBy, user => user.Id, (correction, user) => new { correction, user.DisplayName })
            .OrderByDescending(pair => pair.correction.CorrectedAt).ToListAsync(cancellationToken);
        return new(
            workspace, newest?.Id, newest?.DetectedAt, newest?.ServiceGraph, taken.ConvertAll(service => service.Name),
            corrections.ConvertAll(pair => new CorrectionRow(pair.correction.Id, pair.correction.Kind, pair.correction.FolderPath, pair.correction.ServiceName, pair.correction.OtherService, pair.correction.Values, pair.DisplayName, pair.correction.CorrectedAt)),
            person.IsAdmin || taken.Count > 0 && taken.TrueForAll(service => service.MayConfigure));
    }
}
