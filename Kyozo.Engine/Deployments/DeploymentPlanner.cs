using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;

namespace Kyozo.Engine.Deployments;

/// <summary>Decides what a deployment does to each service, from what is wanted and what is. Pure: the same facts give the same plan.</summary>
public static class DeploymentPlanner
{
    /// <summary>Replicas a service may have.</summary>
    public const int MostReplicas = 100;

    /// <summary>The plan; when it has refusals nothing of it may be done.</summary>
    public static DeploymentPlan Plan(PlanningFacts facts)
    {
        var asked = facts.Request.ServiceIds.ToHashSet();
        var refusals = new List<string>();
        if (asked.Count == 0 && !facts.Request.DeleteWorkspace) refusals.Add("No service was named.");
        var unknown = asked.Count(id => facts.Services.All(s => s.Service.Id != id));
        if (unknown > 0) refusals.Add(unknown == 1 ? "One of the services is not there (any more)." : $"{unknown} of the services are not there (any more).");
        if (facts.Kind is DeploymentKind.Rollback && facts.Target is null) refusals.Add($"Release {facts.Request.ReleaseNumber} is not there (any more).");

        var order = StartupOrder.Compute([.. facts.Services.Select(s => new ServiceNode(s.Service.Id, s.Service.Name))], facts.Edges);
        var planned = facts.Services
            .Where(s => asked.Contains(s.Service.Id))
            .Select(s => Decide(facts, s, order.WaveOf.GetValueOrDefault(s.Service.Id)))
            .OrderBy(p => p.Wave).ThenBy(p => p.Name, StringComparer.Ordinal)
            .ToList();

        refusals.AddRange(PlanRefusals.Of(facts, planned, order));
        return new() { Summary = PlanSummary.Of(facts.Kind, planned, refusals), Services = planned, Refusals = refusals };
    }

    static PlannedService Decide(PlanningFacts facts, ServiceFacts service, int wave)
    {
        var row = service.Service;
        var (change, reason) = facts.Kind switch
        {
            DeploymentKind.Deploy => Deploy(service, facts.Request.Rebuild),
            DeploymentKind.Start => Start(service),
            DeploymentKind.Stop => service.Containers.Any(c => c.Status is ContainerStatus.Running) || row.WantedRunning
                ? (PlannedChange.Stop, WithDependents("asked for", facts, row))
                : (PlannedChange.Nothing, "does not run"),
            DeploymentKind.Restart => service.Current.Any()
                ? (PlannedChange.Recreate, "restart asked for")
                : (PlannedChange.Nothing, "does not run"),
            DeploymentKind.Scale => Scale(service, facts.Request.Replicas),
            DeploymentKind.Rollback => Rollback(service, facts.Target),
            DeploymentKind.Delete => (PlannedChange.Remove, facts.Request.DeleteVolumes && row.DeploymentConfig.Volumes.Count > 0
                ? WithDependents("asked for, with its data", facts, row)
                : WithDependents("asked for", facts, row)),
            _ => (PlannedChange.Nothing, "nothing to do"),
        };

        var replaces = change is PlannedChange.Rebuild or PlannedChange.Recreate && service.Running > 0;
        return new(row.Id, row.Name, wave, change, reason, replaces && StopsFirst(row))
        {
            Replicas = facts.Kind is DeploymentKind.Scale ? facts.Request.Replicas ?? row.ScalingConfig.Replicas
                : change is PlannedChange.Stop or PlannedChange.Remove ? 0
                : row.ScalingConfig.Replicas,
        };
    }

    /// <summary>True when the old containers of a service must end before new ones start: two cannot share its data, or its plain TCP port.</summary>
    public static bool StopsFirst(ServiceInstance service) =>
        service.DeploymentConfig.Volumes.Count > 0 || service.PortMappings.Any(p => p is { Published: true, Protocol: PortProtocol.Tcp });

    static (PlannedChange, string) Deploy(ServiceFacts service, bool rebuild)
    {
        if (service.DeployedContent is null || !service.Current.Any())
            return (PlannedChange.Create, service.DeployedContent is null ? "first deployment" : "nothing of it runs");
        if (rebuild) return (PlannedChange.Rebuild, "rebuild asked for");
        if (service.WantedContent is null) return (PlannedChange.Rebuild, "what it is made of may have changed");
        if (service.WantedContent != service.DeployedContent) return (PlannedChange.Rebuild, "what it is made of changed");
        return Converge(service, "unchanged");
    }

    static (PlannedChange, string) Start(ServiceFacts service)
    {
        if (service.DeployedContent is null) return (PlannedChange.Nothing, "was never deployed");
        return service.Current.Any() ? Converge(service, "runs already") : (PlannedChange.Create, "nothing of it is left to start");
    }

    // Same image: is anything else different?
    static (PlannedChange, string) Converge(ServiceFacts service, string unchanged)
    {
        var wanted = service.Service.ScalingConfig.Replicas;
        if (service.Current.Any(c => c.SpecHash != service.WantedSpec)) return (PlannedChange.Recreate, "its configuration changed");
        if (service.Current.Any(c => c.Status is not ContainerStatus.Running) || !service.Service.WantedRunning) return (PlannedChange.Start, "it does not run");
        var have = service.Current.Count();
        return have == wanted ? (PlannedChange.Nothing, unchanged) : (PlannedChange.Scale, $"{have} of {Replicas(wanted)} there");
    }

    static (PlannedChange, string) Scale(ServiceFacts service, int? replicas)
    {
        var now = service.Service.ScalingConfig.Replicas;
        if (replicas is not { } wanted) return (PlannedChange.Nothing, "no number given");
        return wanted == now && service.Current.Count() == wanted
            ? (PlannedChange.Nothing, $"has {Replicas(now)} already")
            : (PlannedChange.Scale, $"from {now} to {Replicas(wanted)}");
    }

    static (PlannedChange, string) Rollback(ServiceFacts service, Release? release)
    {
        var released = release?.Services.FirstOrDefault(s => s.ServiceId == service.Service.Id);
        if (released is null) return (PlannedChange.Nothing, "not part of that release");
        if (!service.Current.Any()) return (PlannedChange.Create, $"as in release {release!.Number}");
        return released.ImageId == service.Service.ImageId && service.Current.All(c => c.SpecHash == service.WantedSpec && c.Status is ContainerStatus.Running)
            ? (PlannedChange.Nothing, $"runs as in release {release!.Number} already")
            : (PlannedChange.Recreate, $"back to release {release!.Number}");
    }

    static string WithDependents(string reason, PlanningFacts facts, ServiceInstance service)
    {
        var asked = facts.Request.ServiceIds;
        var dependents = facts.Edges
            .Where(e => e.Type is DependencyType.Requires && e.To == service.Id && !asked.Contains(e.From))
            .Select(e => facts.Services.FirstOrDefault(s => s.Service.Id == e.From))
            .Where(s => s is { Service.WantedRunning: true })
            .Select(s => s!.Service.Name)
            .Distinct().Order(StringComparer.Ordinal).ToList();
        return dependents.Count == 0 ? reason : $"{reason}; {Words.List(dependents)} will miss it";
    }

    static string Replicas(int count) => count == 1 ? "1 replica" : $"{count} replicas";
}
