using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.ServiceInstances;

/// <summary>One service with what the person may do to it.</summary>
public sealed record ServiceDetail(
    ServiceRow Row, string Workspace, string WorkspaceSlug, string FolderPath, bool WantedRunning, string? ImageId, DeploymentConfig Config, ResourceLimits Limits, ScalingConfig Scaling,
    IReadOnlyList<PortMapping> Ports, DateTimeOffset UpdatedAt, IReadOnlyList<ContainerRow> Containers, IReadOnlyList<NeighbourRow> Neighbours, IReadOnlyList<AccessAction> Allowed)
{
    public Guid Id => Row.Id;

    public static async Task<ServiceDetail?> ReadAsync(
        KyozoContext db, AccessControl access, Authorization.Person person, Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var service = await db.ServiceInstances.AsNoTracking().SingleOrDefaultAsync(service => service.Id == id && service.DeletedAt == null, cancellationToken);
        if (service is null) return null;
        var workspace = await db.Workspaces.AsNoTracking().Where(workspace => workspace.Id == service.WorkspaceId)
            .Select(workspace => new { workspace.Name, workspace.Slug }).SingleAsync(cancellationToken);
        var row = await ServiceRows.ReadOneAsync(db, service, now, cancellationToken);
        var containers = await db.ServiceContainers.AsNoTracking()
            .Where(container => container.ServiceInstanceId == id && container.RemovedAt == null)
            .OrderBy(container => container.Replica).ThenBy(container => container.CreatedAt).ToListAsync(cancellationToken);
        var edges = await db.ServiceDependencies.AsNoTracking().Where(edge => edge.ServiceInstanceId == id || edge.DependsOnId == id).ToListAsync(cancellationToken);
        var others = edges.Select(edge => edge.ServiceInstanceId == id ? edge.DependsOnId : edge.ServiceInstanceId).ToList();
        var names = await db.ServiceInstances.AsNoTracking().Where(other => others.Contains(other.Id))
            .Select(other => new { other.Id, other.Name, other.Status }).ToDictionaryAsync(other => other.Id, cancellationToken);
        var neighbours = edges.Select(edge => (edge, other: names.GetValueOrDefault(edge.ServiceInstanceId == id ? edge.DependsOnId : edge.ServiceInstanceId)))
            .Where(pair => pair.other is not null)
            .Select(pair => new NeighbourRow(pair.other!.Id, pair.other.Name, pair.other.Status, pair.edge.ServiceInstanceId == id, pair.edge.DependencyType, pair.edge.EnvVariable))
            .OrderByDescending(neighbour => neighbour.IsUsed).ThenBy(neighbour => neighbour.Name, StringComparer.Ordinal).ToList();
        var allowed = await access.AllowedAsync(person.Actor, AccessTarget.Service(id), cancellationToken);
        return new(
            row, workspace.Name, workspace.Slug, service.FolderPath, service.WantedRunning, service.ImageId, service.DeploymentConfig, service.ResourceLimits, service.ScalingConfig,
            service.PortMappings, service.UpdatedAt, containers.ConvertAll(ContainerRow.Of), neighbours, [.. allowed]);
    }
}

/// <summary>One container of a service.</summary>
public sealed record ContainerRow(Guid Id, int Replica, string Name, string? ContainerId, ContainerStatus Status, bool InService, int Restarts, string Ports, DateTimeOffset CreatedAt)
{
    public static ContainerRow Of(ServiceContainer container) => new(
        container.Id, container.Replica, container.ContainerName, container.ContainerId, container.Status, container.InService, container.RestartCount,
        string.Join(", ", container.HostPorts.OrderBy(port => port.Key).Select(port => $"{port.Key} → {port.Value}")), container.CreatedAt);
}

/// <summary>A service at the other end of an edge: one that this service uses, or one that uses it.</summary>
public sealed record NeighbourRow(Guid Id, string Name, ServiceStatus Status, bool IsUsed, DependencyType Type, string? Variable);
