using Kyozo.Data.Deployments;
using Kyozo.Data.Engines;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Cli.Installation;

/// <summary>One service as the command line shows it; the shape is that of <c>kyozo status --json</c>.</summary>
sealed record ListedService(
    string Name, string Workspace, ServiceType Type, ServiceStatus Status, HealthState Health, ReplicaCount Replicas, Uri? Address)
{
    /// <summary>Cause of the status, for people.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string? Reason { get; init; }

    [System.Text.Json.Serialization.JsonIgnore]
    public Guid Id { get; init; }

    [System.Text.Json.Serialization.JsonIgnore]
    public Guid WorkspaceId { get; init; }
}

/// <summary>Replicas asked for and replicas that run.</summary>
sealed record ReplicaCount(int Wanted, int Running);

/// <summary>Reads the services of the session's team.</summary>
static class ServiceListing
{
    /// <summary>All services, by workspace and name.</summary>
    public static Task<List<ListedService>> ListAsync(this OperatorSession session, CancellationToken cancellationToken) => session.ReadAsync(async db =>
    {
        var rows = await db.ServiceInstances
            .Where(service => service.DeletedAt == null)
            .Join(db.Workspaces.Where(workspace => workspace.DeletedAt == null), service => service.WorkspaceId, workspace => workspace.Id, (service, workspace) => new
            {
                Service = service,
                Workspace = workspace.Slug,
                Running = db.ServiceContainers.Count(container => container.ServiceInstanceId == service.Id && container.RemovedAt == null && container.Status == ContainerStatus.Running),
                Port = db.PortReservations.Where(port => port.ServiceInstanceId == service.Id && port.Use == PortUse.Gateway).Select(port => (int?)port.Port).FirstOrDefault(),
            })
            .OrderBy(row => row.Workspace).ThenBy(row => row.Service.Name)
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new ListedService(
            row.Service.Name, row.Workspace, row.Service.ServiceType, row.Service.Status, row.Service.Health,
            new(row.Service.WantedRunning ? row.Service.ScalingConfig.Replicas : 0, row.Running),
            row.Port is { } port ? new Uri($"http://localhost:{port}") : null)
        {
            Reason = row.Service.StatusReason,
            Id = row.Service.Id,
            WorkspaceId = row.Service.WorkspaceId,
        });
    });

    /// <summary>The service named <c>name</c> or <c>workspace/name</c>.</summary>
    /// <exception cref="CommandException">None, or several, are meant.</exception>
    public static async Task<ListedService> FindAsync(this OperatorSession session, string named, CancellationToken cancellationToken)
    {
        var services = await session.ListAsync(cancellationToken);
        var found = services.FindAll(service => named == service.Name || named == $"{service.Workspace}/{service.Name}");
        return found switch
        {
            [var only] => only,
            [] when services.Count == 0 => throw new CommandException($"There is no service {named}: nothing is deployed yet. Deploy a folder with: kyozo up FOLDER"),
            [] => throw new CommandException($"There is no service {named}. There are: {string.Join(", ", services.Select(service => service.Name))}"),
            _ => throw new CommandException($"Several services are named {named}: {string.Join(", ", found.Select(service => $"{service.Workspace}/{service.Name}"))}. Name one of these."),
        };
    }

    /// <summary>The services whose step failed in a deployment.</summary>
    public static Task<List<(Guid Id, string Name)>> FailedServicesAsync(this OperatorSession session, Guid deploymentId, CancellationToken cancellationToken) => session.ReadAsync(async db =>
    {
        var rows = await (from step in db.DeploymentSteps
                          where step.DeploymentId == deploymentId && step.Status == StepStatus.Failed
                          join service in db.ServiceInstances on step.ServiceInstanceId equals service.Id
                          select new { service.Id, service.Name }).Distinct().ToListAsync(cancellationToken);
        return rows.ConvertAll(row => (row.Id, row.Name));
    });

    /// <summary>The workspace of that slug.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static async Task<Guid> WorkspaceAsync(this OperatorSession session, string slug, CancellationToken cancellationToken)
    {
        var workspaces = await session.ReadAsync(db => db.Workspaces.Where(workspace => workspace.DeletedAt == null)
            .OrderBy(workspace => workspace.Slug).Select(workspace => new { workspace.Id, workspace.Slug }).ToListAsync(cancellationToken));
        return workspaces.Find(workspace => workspace.Slug == slug)?.Id ?? throw new CommandException(workspaces.Count == 0
            ? $"There is no workspace {slug}: there is none yet. Make one of a folder with: kyozo up FOLDER"
            : $"There is no workspace {slug}. There are: {string.Join(", ", workspaces.Select(workspace => workspace.Slug))}");
    }

    /// <summary>Ids of a workspace's services.</summary>
    public static Task<List<Guid>> ServicesOfAsync(this OperatorSession session, Guid workspaceId, CancellationToken cancellationToken) => session.ReadAsync(db =>
        db.ServiceInstances.Where(service => service.WorkspaceId == workspaceId && service.DeletedAt == null).OrderBy(service => service.Name).Select(service => service.Id).ToListAsync(cancellationToken));
}
