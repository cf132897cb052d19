using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Testing;
using Kyozo.Web.Components.Map;

namespace Kyozo.Web.Tests.Components;

public sealed class MapLayoutTests
{
    [Fact]
    public void The_longest_way_decides_the_wave()
    {
        var (nodes, edges) = Graph("web>api", "api>db", "web>db", "api>cache");
        var picture = MapLayout.Arrange(nodes, edges);

        Assert.Equal(["cache 0", "db 0", "api 1", "web 2"], picture.Nodes.OrderBy(node => node.Wave).ThenBy(node => node.Node.Name).Select(node => $"{node.Node.Name} {node.Wave}"));
    }

    [Fact]
    public void Nodes_do_not_overlap_and_lie_within_the_picture()
    {
        var (nodes, edges) = Graph([.. from service in Enumerable.Range(0, 40) from used in Enumerable.Range(1, 3) select $"s{service}>s{service + used * 3}"]);
        var picture = MapLayout.Arrange(nodes, edges);

        foreach (var one in picture.Nodes)
        {
            Assert.InRange(one.X, 0, picture.Width - MapLayout.NodeWidth);
            Assert.InRange(one.Y, 0, picture.Height - MapLayout.NodeHeight);
            Assert.DoesNotContain(picture.Nodes, other => other != one && Math.Abs(other.X - one.X) < MapLayout.NodeWidth && Math.Abs(other.Y - one.Y) < MapLayout.NodeHeight);
        }
    }

    [Fact]
    public void Edges_are_orthogonal_and_run_from_who_uses_to_what_is_used()
    {
        var (nodes, edges) = Graph("web>api", "api>db", "web>db", "worker>db", "worker>cache", "api>cache");
        var picture = MapLayout.Arrange(nodes, edges);

        Assert.Equal(edges.Count, picture.Edges.Count);
        foreach (var edge in picture.Edges)
        {
            Assert.All(edge.Points.Zip(edge.Points.Skip(1)), pair => Assert.True(pair.First.X == pair.Second.X || pair.First.Y == pair.Second.Y));
            var from = picture.Nodes.Single(node => node.Node.Id == edge.Edge.From);
            var to = picture.Nodes.Single(node => node.Node.Id == edge.Edge.To);
            Assert.Equal(from.X, edge.Points[0].X);
            Assert.Equal(to.X + MapLayout.NodeWidth, edge.Points[^1].X);
            Assert.InRange(edge.Points[^1].Y, to.Y, to.Y + MapLayout.NodeHeight);
        }
    }

    [Fact]
    public void Optional_edges_and_cycles_do_not_move_the_waves()
    {
        var (nodes, edges) = Graph("a>b", "b>a", "c?a");
        var picture = MapLayout.Arrange(nodes, edges);

        Assert.Equal(0, picture.Nodes.Single(node => node.Node.Name == "c").Wave);
        Assert.Equal(1, picture.Nodes.Max(node => node.Wave));
    }

    [Fact]
    public void A_map_without_services_is_empty() => Assert.Empty(MapLayout.Arrange([], []).Nodes);

    static (IReadOnlyList<MapNode> Nodes, IReadOnlyList<MapEdge> Edges) Graph(params string[] lines)
    {
        var parts = lines.Select(line => (Names: line.Split('>', '?'), Type: line.Contains('?') ? DependencyType.Optional : DependencyType.Requires)).ToList();
        var nodes = parts.SelectMany(part => part.Names).Distinct().ToDictionary(name => name, name => new MapNode(A.Id(), name, "nodejs", ServiceStatus.Running, HealthState.Healthy));
        return ([.. nodes.Values], [.. parts.Select(part => new MapEdge(nodes[part.Names[0]].Id, nodes[part.Names[1]].Id, part.Type, null))]);
    }
}
