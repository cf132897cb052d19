using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology;

/// <summary>Recommends how the services are run together, and says in sentences why and what speaks against it.</summary>
static class StrategyAdvice
{
    public static DeploymentStrategy Of(IReadOnlyList<Service> services) =>
        services.Any(service => service.Candidate.IsScheduled) ? DeploymentStrategy.NeedsScheduler : Together(services, IsOnlyFiles);

    /// <summary>How services that all run all the time are run together.</summary>
    public static DeploymentStrategy Together<T>(IReadOnlyList<T> services, Func<T, bool> isOnlyFiles) => services switch
    {
        [] => DeploymentStrategy.None,
        [var one] => isOnlyFiles(one) ? DeploymentStrategy.StaticSite : DeploymentStrategy.SingleContainer,
        _ => DeploymentStrategy.MultiContainer,
    };

    /// <summary>Reasons for the strategy, then what a person should look at: jobs that need a schedule, cycles, findings that contradict each other.</summary>
    public static IReadOnlyList<string> Notes(IReadOnlyList<Service> services, IReadOnlyList<DetectedDependency> dependencies)
    {
        var notes = new List<string>();
        switch (Together(services, IsOnlyFiles))
        {
            case DeploymentStrategy.StaticSite:
                notes.Add($"static site: {services[0].Name} is only files, a web server is all that runs");
                break;
            case DeploymentStrategy.SingleContainer:
                notes.Add($"single container: {services[0].Name} is the only service and needs no other");
                break;
            case DeploymentStrategy.MultiContainer:
                notes.Add(dependencies.Any(edge => edge.Type == DependencyType.Requires)
                    ? $"multi container: {services.Count} services, started in the order {string.Join(", ", Order(services, dependencies))}"
                    : $"multi container: {services.Count} services, none waits for another");
                break;
        }
        foreach (var service in services.Where(service => service.Candidate.IsScheduled).OrderBy(service => service.Name, StringComparer.Ordinal)) notes.Add(Scheduled(service.Name));
        foreach (var evidence in dependencies.SelectMany(edge => edge.Evidence).Where(evidence => evidence.Signal.StartsWith("cycle ", StringComparison.Ordinal)).DistinctBy(evidence => evidence.Signal)) notes.Add(evidence.Signal);
        foreach (var service in services.OrderBy(service => service.Name, StringComparer.Ordinal))
        {
            foreach (var against in service.Candidate.Evidence.Where(evidence => evidence.Weight == Belief.Contradiction)) notes.Add($"contradiction in {service.Name}: {against.Signal}");
        }
        return notes;
    }

    /// <summary>What is told of a service that runs at times.</summary>
    public static string Scheduled(string service) => $"needs a scheduler: {service} runs at times, not all the time";

    static bool IsOnlyFiles(Service one) => IsOnlyFiles(one.Candidate.Type, one.Candidate.OutputPath, one.Candidate.StartCommand);

    /// <summary>True for what a web server serves and nothing else runs.</summary>
    public static bool IsOnlyFiles(ServiceType type, string? outputPath, string? startCommand) => type == ServiceType.Static || outputPath is not null && startCommand is null;

    /// <summary>What others wait for comes first; of several that could come, the name decides. A long list is cut.</summary>
    static IEnumerable<string> Order(IReadOnlyList<Service> services, IReadOnlyList<DetectedDependency> dependencies)
    {
        // Of two services there is one edge at most.
        var required = dependencies.Where(edge => edge.Type == DependencyType.Requires).ToList();
        var waits = required.GroupBy(edge => edge.From, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        var waiters = required.ToLookup(edge => edge.To, edge => edge.From, StringComparer.Ordinal);
        var ready = new SortedSet<string>(services.Select(service => service.Name).Where(name => !waits.ContainsKey(name)), StringComparer.Ordinal);
        for (var shown = 0; ready.Min is { } next; shown++)
        {
            if (shown == MaxNames)
            {
                yield return "…";
                yield break;
            }
            yield return next;
            ready.Remove(next);
            foreach (var waiter in waiters[next])
            {
                waits[waiter].RemoveAll(edge => edge.To == next);
                if (waits[waiter].Count == 0) ready.Add(waiter);
            }
        }
    }

    const int MaxNames = 20;
}
