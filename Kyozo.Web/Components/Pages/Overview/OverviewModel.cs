using Kyozo.Data.Deployments;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Web.Components.Pages.Deployments;
using Kyozo.Web.Components.Pages.Events;
using Kyozo.Web.Components.Pages.ServiceInstances;
using Kyozo.Web.Components.Shared;

namespace Kyozo.Web.Components.Pages.Overview;

/// <summary>What the overview shows.</summary>
public sealed record OverviewModel(
    IReadOnlyList<Attention> Attention, IReadOnlyList<DeploymentRow> Underway, IReadOnlyList<ServiceRow> Services,
    IReadOnlyDictionary<Guid, string> WorkspaceNames, IReadOnlyList<EventLine> Events);

/// <summary>Something a person should do: what, its cause in one sentence, and the next action as a link.</summary>
public sealed record Attention(Look Look, string Title, string? Cause, string Action, string Href);

/// <summary>A workspace as the overview needs it.</summary>
public sealed record WorkspaceGlance(Guid Id, string Name, string Slug, FolderTopology? Topology);

/// <summary>Decides what needs attention; pure.</summary>
public static class NeedsAttention
{
    public static IReadOnlyList<Attention> Find(IReadOnlyList<WorkspaceGlance> workspaces, IReadOnlyList<ServiceRow> services, IReadOnlyList<DeploymentRow> newestPerWorkspace)
    {
        var found = new List<Attention>();
        var names = workspaces.ToDictionary(workspace => workspace.Id);
        foreach (var service in services.Where(service => service.NeedsAttention))
        {
            var look = service.Status is ServiceStatus.Running ? Look.Of(HealthState.Unhealthy) : Look.Of(service.Status);
            var failing = service.Beats.LastOrDefault(beat => beat.Status is not CheckStatus.Healthy)?.Error;
            found.Add(new(look, service.Name, service.Reason ?? failing, service.Health is HealthState.Unhealthy ? "See its health" : "See the service",
                $"/s/{service.Id}{(service.Health is HealthState.Unhealthy ? "/health" : "")}"));
        }

        foreach (var deployment in newestPerWorkspace)
        {
            if (deployment.Status is DeploymentStatus.Failed or DeploymentStatus.Interrupted)
                found.Add(new(Look.Of(deployment.Status), $"{deployment.Workspace} #{deployment.Number}", deployment.Outcome, "See what failed", deployment.Href));
            if (deployment.Status is DeploymentStatus.Planned)
                found.Add(new(Look.Of(deployment.Status), $"{deployment.Workspace} #{deployment.Number}", deployment.Summary, "Look at the plan", deployment.Href));
        }

        foreach (var workspace in workspaces)
        {
            var questions = workspace.Topology?.Services.Count(detected => detected.Confidence is >= 0.3 and < 0.8
                && !services.Any(service => service.WorkspaceId == workspace.Id && service.Name == detected.Name)) ?? 0;
            if (questions > 0)
                found.Add(new(Look.OfConfidence(0.5), workspace.Name, $"{Say.Count(questions, "finding")} that detection is not sure enough of to take over by itself", "Answer", $"/w/{workspace.Slug}/detection"));
            var fresh = services.Count(service => service.WorkspaceId == workspace.Id && service.Status is ServiceStatus.Detected);
            if (fresh > 0)
                found.Add(new(Look.Of(ServiceStatus.Detected), workspace.Name, $"{Say.Count(fresh, "service")} taken over but never deployed", "See the plan", $"/w/{workspace.Slug}/plan"));
        }

        return [.. found.OrderByDescending(attention => attention.Look.Tone)];
    }
}
