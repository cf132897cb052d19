using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.Topology;
using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;
using Kyozo.Engine.Topology.Corrections;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Workspaces;

/// <summary>Analyses a workspace's folder and stores what was found: the detection, the workspace's topology and its files' columns in one transaction.</summary>
public sealed class WorkspaceDetection(IDbContextFactory<KyozoContext> contexts, WorkspaceFiles files, EventLog events, KyozoHome home, TimeProvider clock)
{
    /// <summary>Runs one analysis.</summary>
    /// <exception cref="FolderRefusedException">Containers are switched off for this workspace, or its folder cannot be read.</exception>
    public async Task<DetectionDone> RunAsync(Actor actor, Guid workspaceId, CancellationToken cancellationToken)
    {
        var root = await RootAsync(actor.TeamId, workspaceId, cancellationToken);
        var snapshot = await ScanAsync(root, cancellationToken);
        var topology = CorrectedTopology.Apply(snapshot, TopologyAnalyzer.Analyze(snapshot), await CorrectionsAsync(actor.TeamId, workspaceId, cancellationToken));
        var now = clock.GetUtcNow();
        var detection = new TopologyDetection
        {
            Id = Guid.CreateVersion7(now),
            TeamId = actor.TeamId,
            WorkspaceId = workspaceId,
            FolderPath = "/",
            DetectedPatterns = Json(topology.Services.ToDictionary(s => s.Name, s => new { s.Type, s.Framework, s.Evidence, s.Alternatives })),
            ConfidenceScores = Json(topology.Services.ToDictionary(s => s.Name, s => s.Confidence)),
            RecommendedServices = topology.Services,
            ServiceGraph = topology,
            DeploymentStrategy = topology.Strategy,
            DetectedAt = now,
            RequestedBy = actor.UserId,
        };

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.Add(detection);
        await db.SaveChangesAsync(cancellationToken);
        await db.Workspaces.Where(w => w.TeamId == actor.TeamId && w.Id == workspaceId)
            .ExecuteUpdateAsync(u => u.SetProperty(w => w.ServiceTopology, topology).SetProperty(w => w.UpdatedAt, now), cancellationToken);
        await files.ReplaceAsync(db, actor.TeamId, workspaceId, root, snapshot, topology, now, cancellationToken);
        await events.AppendAuditAsync(
            db,
            new(actor.TeamId, "folder_analyzed", new { Detection = detection.Id, Services = topology.Services.Count, topology.Strategy }, actor.UserId, "workspace", workspaceId),
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new(detection.Id, topology);
    }

    async Task<IReadOnlyList<Correction>> CorrectionsAsync(Guid teamId, Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await DetectionCorrections.ReadAsync(db, teamId, workspaceId, cancellationToken);
    }

    async Task<string> RootAsync(Guid teamId, Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var workspace = await db.Workspaces.AsNoTracking()
            .Where(w => w.TeamId == teamId && w.Id == workspaceId && w.DeletedAt == null)
            .Select(w => new { w.Name, w.RootPath, w.ContainerEnabled }).SingleAsync(cancellationToken);
        return workspace.ContainerEnabled
            ? workspace.RootPath
            : throw new FolderRefusedException($"Containers are switched off for the workspace {workspace.Name}; switch them on in its settings to analyse it.");
    }

    async Task<FolderSnapshot> ScanAsync(string root, CancellationToken cancellationToken)
    {
        try
        {
            return await FolderScanner.ScanAsync(root, ScanOptions.Default with { Cache = ScanCache.OpenIn(home, root, clock.GetUtcNow()) }, cancellationToken);
        }
        catch (DirectoryNotFoundException)
        {
            throw new FolderRefusedException($"The folder {root} is not there any more. Bring it back, or upload to the workspace again.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new FolderRefusedException($"The worker may not read {root}. Give its user the right to read and enter the folder.");
        }
    }

    static string Json<T>(T value) => KyozoJson.Column(value);
}
