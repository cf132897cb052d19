using Kyozo.Data.Topology;

namespace Kyozo.Engine.Deployments;

/// <summary>One service as the ordering sees it.</summary>
public sealed record ServiceNode(Guid Id, string Name);

/// <summary>An edge: <paramref name="From"/> uses (or must not run beside) <paramref name="To"/>.</summary>
public sealed record ServiceEdge(Guid From, Guid To, DependencyType Type);

/// <summary>When each service starts.</summary>
/// <param name="WaveOf">Service → wave, 0 first. Services of one wave start side by side.</param>
/// <param name="Cycles">Services that wait for each other, each as one closed path; empty when the order is sound.</param>
public sealed record StartupWaves(IReadOnlyDictionary<Guid, int> WaveOf, IReadOnlyList<IReadOnlyList<ServiceNode>> Cycles);

/// <summary>Orders services by their <c>requires</c> edges: the wave of a service is the longest path to one without any. Optional edges do not gate.</summary>
public static class StartupOrder
{
    /// <summary>Waves of all services; edges to services that are not given are left out.</summary>
    public static StartupWaves Compute(IReadOnlyCollection<ServiceNode> services, IEnumerable<ServiceEdge> edges)
    {
        var nodes = services.ToDictionary(s => s.Id);
        var required = edges
            .Where(e => e.Type is DependencyType.Requires && nodes.ContainsKey(e.From) && nodes.ContainsKey(e.To))
            .GroupBy(e => e.From)
            .ToDictionary(g => g.Key, g => g.Select(e => e.To).Distinct().OrderBy(id => nodes[id].Name, StringComparer.Ordinal).ToList());
        return new Walk(nodes, required).Run();
    }

    /// <summary>Pairs of services that must not run together although both are among <paramref name="running"/>, each pair once.</summary>
    public static IReadOnlyList<(Guid One, Guid Other)> Conflicts(IReadOnlySet<Guid> running, IEnumerable<ServiceEdge> edges) =>
        [.. edges
            .Where(e => e.Type is DependencyType.Conflicts && e.From != e.To && running.Contains(e.From) && running.Contains(e.To))
            .Select(e => e.From.CompareTo(e.To) < 0 ? (e.From, e.To) : (e.To, e.From))
            .Distinct()];

    sealed class Walk(Dictionary<Guid, ServiceNode> nodes, Dictionary<Guid, List<Guid>> required)
    {
        readonly Dictionary<Guid, int> _waves = [];
        readonly List<Guid> _path = [];
        readonly List<IReadOnlyList<ServiceNode>> _cycles = [];

        public StartupWaves Run()
        {
            foreach (var node in nodes.Values.OrderBy(n => n.Name, StringComparer.Ordinal)) Visit(node.Id);
            return new(_waves, _cycles);
        }

        int Visit(Guid id)
        {
            if (_waves.TryGetValue(id, out var known)) return known;
            if (_path.IndexOf(id) is var start and >= 0)
            {
                _cycles.Add([.. _path[start..].Append(id).Select(i => nodes[i])]);
                return -1;
            }

            _path.Add(id);
            var wave = required.TryGetValue(id, out var needs) ? needs.Max(Visit) + 1 : 0;
            _path.RemoveAt(_path.Count - 1);
            return _waves[id] = wave;
        }
    }
}
