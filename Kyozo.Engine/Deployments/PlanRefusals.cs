using Kyozo.Data.Deployments;
using Kyozo.Data.Topology;

namespace Kyozo.Engine.Deployments;

/// <summary>Reasons for which a plan must not be carried out.</summary>
static class PlanRefusals
{
    public static IEnumerable<string> Of(PlanningFacts facts, IReadOnlyList<PlannedService> planned, StartupWaves order)
    {
        var names = facts.Services.ToDictionary(s => s.Service.Id, s => s.Service.Name);
        var starting = planned.Where(p => Starts(p, facts)).Select(p => p.ServiceId).ToHashSet();
        return
        [
            .. Off(facts),
            .. Obstacles(facts, starting),
            .. Scaling(facts, planned),
            .. Cycles(order, starting),
            .. Conflicts(facts, planned, starting, names),
            .. Missing(facts, planned, starting, names),
        ];
    }

    static bool Starts(PlannedService planned, PlanningFacts facts) => planned.Change switch
    {
        PlannedChange.Create or PlannedChange.Rebuild or PlannedChange.Recreate or PlannedChange.Start => true,
        PlannedChange.Scale => planned.Replicas > 0 && facts.Services.First(s => s.Service.Id == planned.ServiceId).Service.WantedRunning,
        _ => false,
    };

    // A workspace may have been switched off after the request was made.
    static IEnumerable<string> Off(PlanningFacts facts) =>
        facts.SwitchedOff is { } workspace && DeploymentAccess.Starts(facts.Kind, facts.Request.Replicas) ? [DeploymentAccess.SwitchedOff(workspace)] : [];

    static IEnumerable<string> Obstacles(PlanningFacts facts, HashSet<Guid> starting) =>
        facts.Services.Where(s => s.Obstacle is not null && starting.Contains(s.Service.Id)).Select(s => s.Obstacle!);

    static IEnumerable<string> Scaling(PlanningFacts facts, IReadOnlyList<PlannedService> planned)
    {
        foreach (var plan in planned)
        {
            var service = facts.Services.First(s => s.Service.Id == plan.ServiceId);
            if (facts.Kind is DeploymentKind.Scale && facts.Request.Replicas is null or < 0 or > DeploymentPlanner.MostReplicas)
                yield return $"{plan.Name} can have 0 to {DeploymentPlanner.MostReplicas} replicas.";
            if (facts.Kind is DeploymentKind.Scale or DeploymentKind.Start && service.DeployedContent is null)
                yield return $"{plan.Name} was never deployed: deploy it first.";
            if (plan.Replicas > 1 && DeploymentPlanner.StopsFirst(service.Service))
                yield return service.Service.DeploymentConfig.Volumes.Count > 0
                    ? $"{plan.Name} keeps data in a volume, which two replicas cannot share: it can have 1 replica."
                    : $"{plan.Name} has a plain TCP port, which two replicas cannot share: it can have 1 replica.";
        }
    }

    static IEnumerable<string> Cycles(StartupWaves order, HashSet<Guid> starting) => order.Cycles
        .Where(cycle => cycle.Any(node => starting.Contains(node.Id)))
        .Select(cycle => $"These services wait for each other: {string.Join(" → ", cycle.Select(n => n.Name))}. Make one of the edges optional.");

    static IEnumerable<string> Conflicts(PlanningFacts facts, IReadOnlyList<PlannedService> planned, HashSet<Guid> starting, Dictionary<Guid, string> names)
    {
        var stopping = planned.Where(p => p.Change is PlannedChange.Stop or PlannedChange.Remove).Select(p => p.ServiceId);
        var running = facts.Services.Where(s => s.Service.WantedRunning).Select(s => s.Service.Id).Except(stopping).Union(starting).ToHashSet();
        return StartupOrder.Conflicts(running, facts.Edges)
            .Where(pair => starting.Contains(pair.One) || starting.Contains(pair.Other))
            .Select(pair => $"{names[pair.One]} and {names[pair.Other]} must not run together: stop one of them first.");
    }

    static IEnumerable<string> Missing(PlanningFacts facts, IReadOnlyList<PlannedService> planned, HashSet<Guid> starting, Dictionary<Guid, string> names)
    {
        if (facts.Kind is DeploymentKind.Restart or DeploymentKind.Scale) return [];
        var unchanged = planned.Where(p => p.Change is PlannedChange.Nothing or PlannedChange.Scale).Select(p => p.ServiceId);
        var there = facts.Services.Where(s => s.Service.WantedRunning).Select(s => s.Service.Id).Union(starting).Union(unchanged).ToHashSet();
        return facts.Edges
            .Where(e => e.Type is DependencyType.Requires && starting.Contains(e.From) && names.ContainsKey(e.To) && !there.Contains(e.To))
            .Select(e => $"{names[e.From]} requires {names[e.To]}, which does not run: name both.")
            .Distinct();
    }
}
