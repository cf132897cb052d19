using Kyozo.Data;
using Kyozo.Data.Permissions;
using Kyozo.Web.Components.Map;
using Kyozo.Web.Components.Pages.ServiceInstances;
using Kyozo.Web.Components.Shared;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Workspaces;

/// <summary>What the map page shows.</summary>
public sealed record MapModel(WorkspaceInfo Workspace, IReadOnlyList<ServiceRow> Services, IReadOnlyList<MapEdge> Edges, bool Analysed, IReadOnlyList<AccessAction> DeployAll)
{
    public IReadOnlyList<MapNode> Nodes => [.. Services.Select(service => new MapNode(service.Id, service.Name, service.What, service.Status, service.Health))];

    /// <summary>"5 services, all healthy".</summary>
    public string Sentence
    {
        get
        {
            var bad = Services.Where(service => service.NeedsAttention).Select(service => service.Name).ToList();
            if (bad.Count > 0) return $"{Say.Count(Services.Count, "service")}, {string.Join(", ", bad.Take(3))}{(bad.Count > 3 ? " …" : "")} {(bad.Count == 1 ? "needs" : "need")} a look";
            var running = Services.Count(service => service.IsWell);
            return running == Services.Count ? $"{Say.Count(Services.Count, "service")}, all healthy" : $"{Say.Count(Services.Count, "service")}, {running} running";
        }
    }

    public Look Look => Services.Any(service => service.NeedsAttention) ? new(Tone.Warn, MudBlazor.Icons.Material.Rounded.Warning, Sentence)
        : Services.All(service => service.IsWell) ? new(Tone.Ok, MudBlazor.Icons.Material.Rounded.CheckCircle, Sentence)
        : new(Tone.Idle, MudBlazor.Icons.Material.Rounded.Circle, Sentence);

    public static async Task<MapModel?> ReadAsync(
        KyozoContext db, AccessControl access, Authorization.Person person, string slug, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await WorkspaceInfo.FindAsync(db, slug, person.IsAdmin, cancellationToken) is not { } workspace) return null;
        var services = await ServiceRows.ReadAsync(db, person.Team.Id, workspace.Id, now, cancellationToken);
        var edges = await db.ServiceDependencies.AsNoTracking().Where(edge => edge.WorkspaceId == workspace.Id)
            .Select(edge => new MapEdge(edge.ServiceInstanceId, edge.DependsOnId, edge.DependencyType, edge.EnvVariable)).ToListAsync(cancellationToken);
        var analysed = services.Count > 0 || await db.TopologyDetections.AnyAsync(detection => detection.WorkspaceId == workspace.Id, cancellationToken);
        return new(workspace, services, edges, analysed, await MayDeployAsync(access, person, services.Select(service => service.Id), cancellationToken));
    }

    /// <summary>Deploying a workspace needs the right on each of its services.</summary>
    public static async Task<IReadOnlyList<AccessAction>> MayDeployAsync(
        AccessControl access, Authorization.Person person, IEnumerable<Guid> services, CancellationToken cancellationToken)
    {
        if (person.IsAdmin) return [AccessAction.Deploy];
        foreach (var service in services)
            if (!await access.AllowsAsync(person.Actor, AccessAction.Deploy, AccessTarget.Service(service), cancellationToken)) return [];
        return [AccessAction.Deploy];
    }
}
