using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Images;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Deployments;

/// <summary>Reads what the planner needs and asks it: what a deployment would do. Changes nothing.</summary>
public sealed class DeploymentPreview(IDbContextFactory<KyozoContext> contexts, WorkspaceStateReader states, IServiceImages images)
{
    /// <summary>The plan for a workspace as it is now; no services named means all.</summary>
    public async Task<DeploymentPlan> PlanAsync(Guid workspaceId, DeploymentKind kind, DeploymentRequest request, CancellationToken cancellationToken)
    {
        var state = await states.ReadAsync(workspaceId, cancellationToken);
        if (state is null) return new() { Summary = "This cannot be done.", Services = [], Refusals = ["The workspace is not there (any more)."] };
        return DeploymentPlanner.Plan(await FactsAsync(state, kind, request, cancellationToken));
    }

    /// <summary>The facts behind a plan.</summary>
    public async Task<PlanningFacts> FactsAsync(WorkspaceState state, DeploymentKind kind, DeploymentRequest request, CancellationToken cancellationToken)
    {
        var asked = request.ServiceIds.Count == 0 ? [.. state.Services.Select(s => s.Id)] : request.ServiceIds;
        var target = kind is DeploymentKind.Rollback ? await ReleaseAsync(state.Workspace.Id, request.ReleaseNumber, cancellationToken) : null;
        var services = new List<ServiceFacts>();
        foreach (var service in state.Services)
        {
            var released = state.Released.GetValueOrDefault(service.Id);
            var wanted = target?.Services.FirstOrDefault(s => s.ServiceId == service.Id);
            if (wanted is not null && asked.Contains(service.Id)) Apply(wanted, service);
            var (content, obstacle) = kind is DeploymentKind.Deploy && asked.Contains(service.Id) && released is not null
                ? await ContentAsync(state, service, cancellationToken)
                : (null, null);
            var image = wanted?.ImageId ?? service.ImageId;
            services.Add(new()
            {
                Service = service,
                Containers = state.ContainersOf(service.Id),
                DeployedContent = released?.ContentHash,
                WantedContent = content,
                Obstacle = obstacle,
                WantedSpec = image is null ? null : state.SpecHash(service, image),
            });
        }

        return new() { Kind = kind, SwitchedOff = state.Workspace.ContainerEnabled ? null : state.Workspace.Name, Request = request with { ServiceIds = asked }, Services = services, Edges = state.Edges, Target = target };
    }

    // A folder that is gone, a Dockerfile that breaks the rules: said in the plan, not only in the build.
    async Task<(string? Content, string? Obstacle)> ContentAsync(WorkspaceState state, ServiceInstance service, CancellationToken cancellationToken)
    {
        try
        {
            return (await images.ContentAsync(state, service, cancellationToken), null);
        }
        catch (Exception e) when (e is BuildContextException or DockerfilePolicyException or DockerfileNotMadeException or IOException or UnauthorizedAccessException)
        {
            return (null, $"{service.Name} cannot be built: {e.Message}");
        }
    }

    // A rollback brings back how the service was configured, not only its image.
    static void Apply(ReleasedService released, ServiceInstance service) =>
        (service.DeploymentConfig, service.PortMappings, service.ResourceLimits) = (released.Config, released.Ports, released.Limits);

    async Task<Release?> ReleaseAsync(Guid workspaceId, long? number, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Releases.AsNoTracking().SingleOrDefaultAsync(r => r.WorkspaceId == workspaceId && r.Number == number, cancellationToken);
    }
}
