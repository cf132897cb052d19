using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Data.WorkerApi;
using Kyozo.Data.Workspaces;
using Kyozo.Engine.Deployments;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.ServiceInstances;

/// <summary>The names or the analysis that somebody wants to take over are not there, in words for people.</summary>
public sealed class AcceptanceRefusedException(string message) : Exception(message);

/// <summary>Takes over detected services as service instances with their edges. Those taken over before are brought up to date; what people changed on them stays.</summary>
public sealed class ServiceAcceptance(IDbContextFactory<KyozoContext> contexts, EventLog events, TimeProvider clock)
{
    /// <summary>Takes over services of one analysis. The right is the caller's to demand.</summary>
    /// <param name="actor">Who takes over.</param>
    /// <param name="workspaceId">A live workspace of the actor's team.</param>
    /// <param name="accepted">Which analysis, which names; an edge is taken over when both its ends are (now or earlier).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Ids in the order of the names.</returns>
    /// <exception cref="AccessDeniedException">The workspace is not there.</exception>
    /// <exception cref="AcceptanceRefusedException">The analysis or a name is not there.</exception>
    public async Task<IReadOnlyList<Guid>> AcceptAsync(Actor actor, Guid workspaceId, AcceptedServices accepted, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var workspace = await db.Workspaces.AsNoTracking().SingleOrDefaultAsync(w => w.Id == workspaceId && w.TeamId == actor.TeamId && w.DeletedAt == null, cancellationToken)
            ?? throw new AccessDeniedException(AccessAction.ManageWorkspace, AccessTarget.Workspace(workspaceId), null);
        // Two who take over at once: the second finds what the first made.
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({workspaceId.ToString()}, 1))", cancellationToken);
        var detection = await db.TopologyDetections.AsNoTracking().SingleOrDefaultAsync(d => d.Id == accepted.DetectionId && d.WorkspaceId == workspaceId, cancellationToken)
            ?? throw new AcceptanceRefusedException("That analysis is not there (any more): analyse the folder again.");
        var names = accepted.Services.Distinct(StringComparer.Ordinal).ToList();
        var found = detection.ServiceGraph.Services.ToDictionary(s => s.Name, StringComparer.Ordinal);
        if (names.Find(n => !found.ContainsKey(n)) is { } missing) throw new AcceptanceRefusedException($"The analysis found no service named {missing}.");

        var existing = await db.ServiceInstances.Where(s => s.WorkspaceId == workspaceId && s.DeletedAt == null).ToDictionaryAsync(s => s.Name, cancellationToken);
        var before = await PreviousAsync(db, existing.Values.Select(s => s.TopologyDetectionId), cancellationToken);
        var changed = new List<ServiceInstance>();
        foreach (var name in names)
        {
            var isNew = !existing.TryGetValue(name, out var service);
            service ??= existing[name] = New(workspace, found[name]);
            var update = isNew || DetectedConfig.Update(service, found[name], before(service));
            if (isNew) db.Add(service);
            service.TopologyDetectionId = detection.Id;
            if (update && !isNew) changed.Add(service);
            if (update && !isNew) (service.Generation, service.UpdatedAt) = (service.Generation + 1, clock.GetUtcNow());
        }

        await db.SaveChangesAsync(cancellationToken);
        await ConnectAsync(db, workspace, detection.ServiceGraph, existing, names, cancellationToken);
        await events.AppendAsync(db, changed.Select(s => new NewEvent(actor.TeamId, s.Id, EventType.ConfigurationUpdated, new { Reason = "detection", Detection = detection.Id }, UserId: actor.UserId)), cancellationToken);
        await events.AppendAuditAsync(db, new(actor.TeamId, "services_accepted", new { Services = names, Detection = detection.Id }, actor.UserId, "workspace", workspaceId), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return names.ConvertAll(n => existing[n].Id);
    }

    ServiceInstance New(Workspace workspace, DetectedService detected)
    {
        var now = clock.GetUtcNow();
        var service = new ServiceInstance
        {
            Id = Guid.CreateVersion7(now),
            TeamId = workspace.TeamId,
            WorkspaceId = workspace.Id,
            Name = detected.Name,
            FolderPath = DetectedConfig.Folder(detected),
            ServiceType = detected.Type,
            DeploymentConfig = DetectedConfig.Config(detected),
            PortMappings = DetectedConfig.Ports(detected),
            ResourceLimits = DetectedConfig.Limits(detected),
            ScalingConfig = DetectedConfig.Scaling(detected),
            CreatedAt = now,
            UpdatedAt = now,
        };
        service.ChangeStatus(ServiceStatus.Detected, null, now);
        return service;
    }

    // What an earlier analysis said of a service: what differs from that, a person changed.
    static async Task<Func<ServiceInstance, DetectedService?>> PreviousAsync(KyozoContext db, IEnumerable<Guid?> detections, CancellationToken cancellationToken)
    {
        var ids = detections.OfType<Guid>().Distinct().ToList();
        var graphs = await db.TopologyDetections.AsNoTracking().Where(d => ids.Contains(d.Id)).Select(d => new { d.Id, d.ServiceGraph }).ToDictionaryAsync(d => d.Id, d => d.ServiceGraph, cancellationToken);
        return service => service.TopologyDetectionId is { } id && graphs.TryGetValue(id, out var graph) ? graph.Services.FirstOrDefault(s => s.Name == service.Name) : null;
    }

    async Task ConnectAsync(KyozoContext db, Workspace workspace, FolderTopology graph, Dictionary<string, ServiceInstance> services, List<string> accepted, CancellationToken cancellationToken)
    {
        var existing = await db.ServiceDependencies.Where(d => d.WorkspaceId == workspace.Id).ToListAsync(cancellationToken);
        foreach (var edge in graph.Dependencies)
        {
            if (!accepted.Contains(edge.From) && !accepted.Contains(edge.To)) continue;
            if (edge.From == edge.To || !services.TryGetValue(edge.From, out var from) || !services.TryGetValue(edge.To, out var to)) continue;
            if (existing.Exists(d => d.ServiceInstanceId == from.Id && d.DependsOnId == to.Id)) continue;
            // What a person excluded is not brought back by an analysis.
            if (edge.Type is DependencyType.Requires && existing.Exists(d => d.DependencyType is DependencyType.Conflicts && d.ServiceInstanceId == to.Id && d.DependsOnId == from.Id)) continue;

            // Two services that call each other both run; which of them starts first must not be a riddle.
            var closes = edge.Type is DependencyType.Requires && Closes(services.Values, existing, from.Id, to.Id);
            existing.Add(new()
            {
                Id = Guid.CreateVersion7(clock.GetUtcNow()),
                TeamId = workspace.TeamId,
                WorkspaceId = workspace.Id,
                ServiceInstanceId = from.Id,
                DependsOnId = to.Id,
                DependencyType = closes ? DependencyType.Optional : edge.Type,
                EnvVariable = edge.EnvVariable,
                // What a folder wrote and no template may say is left to the usual address of such a server.
                ConnectionTemplate = edge.ConnectionTemplate is { } template && ConnectionTemplate.IsValid(template) ? template : null,
                CreatedAt = clock.GetUtcNow(),
            });
            db.Add(existing[^1]);
            await db.SaveChangesAsync(cancellationToken);
        }

        var order = StartupOrder.Compute([.. services.Values.Select(s => new ServiceNode(s.Id, s.Name))], existing.Select(d => new ServiceEdge(d.ServiceInstanceId, d.DependsOnId, d.DependencyType)));
        foreach (var edge in existing) edge.StartupOrder = order.WaveOf.GetValueOrDefault(edge.DependsOnId);
        await db.SaveChangesAsync(cancellationToken);
    }

    static bool Closes(IEnumerable<ServiceInstance> services, List<ServiceDependency> existing, Guid from, Guid to) => StartupOrder.Compute(
        [.. services.Select(s => new ServiceNode(s.Id, s.Name))],
        existing.Select(d => new ServiceEdge(d.ServiceInstanceId, d.DependsOnId, d.DependencyType)).Append(new(from, to, DependencyType.Requires))).Cycles.Count > 0;
}
