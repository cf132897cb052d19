using Kyozo.Data.Topology;
using Kyozo.Engine.Deployments;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class StartupOrderTests
{
    static readonly string[] Shop = ["web", "api", "prices", "worker", "postgres", "redis"];

    [Fact]
    public void The_wave_is_the_longest_path_of_requires_edges()
    {
        var waves = Compute(Shop, [("web", "api"), ("api", "prices"), ("api", "postgres"), ("api", "redis"), ("worker", "redis"), ("worker", "postgres")]);

        Assert.Equal(new() { ["postgres"] = 0, ["prices"] = 0, ["redis"] = 0, ["api"] = 1, ["worker"] = 1, ["web"] = 2 }, Named(waves, Shop));
        Assert.Empty(waves.Cycles);
    }

    [Theory]
    [InlineData(DependencyType.Optional)]
    [InlineData(DependencyType.Conflicts)]
    public void Other_edges_do_not_gate(DependencyType type)
    {
        var waves = StartupOrder.Compute([Node("a"), Node("b")], [new(Plans.Id("a"), Plans.Id("b"), type)]);

        Assert.All(waves.WaveOf.Values, wave => Assert.Equal(0, wave));
    }

    [Fact]
    public void A_cycle_is_told_as_a_closed_path_and_the_rest_is_still_ordered()
    {
        var waves = Compute(["a", "b", "c", "d"], [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]);

        Assert.Equal(["a", "b", "c", "a"], Assert.Single(waves.Cycles).Select(n => n.Name));
        Assert.Equal(4, waves.WaveOf.Count);
    }

    [Fact]
    public void A_service_that_requires_itself_is_a_cycle() =>
        Assert.Equal(["a", "a"], Assert.Single(Compute(["a"], [("a", "a")]).Cycles).Select(n => n.Name));

    [Fact]
    public void Two_edges_between_the_same_services_count_once_and_strangers_are_left_out()
    {
        var waves = Compute(["a", "b"], [("a", "b"), ("a", "b"), ("a", "gone"), ("gone", "b")]);

        Assert.Equal(1, waves.WaveOf[Plans.Id("a")]);
    }

    [Fact]
    public void A_chain_of_a_thousand_is_ordered()
    {
        var names = Enumerable.Range(0, 1000).Select(i => $"s{i:0000}").ToArray();

        var waves = Compute(names, [.. Enumerable.Range(0, 999).Select(i => (names[i], names[i + 1]))]);

        Assert.Equal(999, waves.WaveOf[Plans.Id("s0000")]);
    }

    [Fact]
    public void A_conflict_counts_once_and_only_among_what_runs()
    {
        ServiceEdge[] edges = [new(Plans.Id("a"), Plans.Id("b"), DependencyType.Conflicts), new(Plans.Id("b"), Plans.Id("a"), DependencyType.Conflicts), new(Plans.Id("a"), Plans.Id("c"), DependencyType.Conflicts)];

        Assert.Single(StartupOrder.Conflicts(new HashSet<Guid> { Plans.Id("a"), Plans.Id("b") }, edges));
    }

    static ServiceNode Node(string name) => new(Plans.Id(name), name);

    static StartupWaves Compute(string[] names, (string From, string To)[] edges) =>
        StartupOrder.Compute([.. names.Select(Node)], edges.Select(e => Plans.Requires(e.From, e.To)));

    static Dictionary<string, int> Named(StartupWaves waves, string[] names) =>
        names.Order(StringComparer.Ordinal).ToDictionary(n => n, n => waves.WaveOf[Plans.Id(n)]);
}
