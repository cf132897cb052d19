using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;

namespace Kyozo.Web.Components.Map;

/// <summary>A service on the map.</summary>
public sealed record MapNode(Guid Id, string Name, string What, ServiceStatus Status, Data.Health.HealthState Health);

/// <summary>An edge of the map: <paramref name="From"/> uses <paramref name="To"/>.</summary>
public sealed record MapEdge(Guid From, Guid To, DependencyType Type, string? Variable);

/// <summary>Where a node stands.</summary>
public sealed record PlacedNode(MapNode Node, int Wave, double X, double Y);

/// <summary>The points of an orthogonal edge, from the one who uses to the one used.</summary>
public sealed record RoutedEdge(MapEdge Edge, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A whole map, ready to draw.</summary>
public sealed record MapPicture(double Width, double Height, IReadOnlyList<double> WaveX, IReadOnlyList<PlacedNode> Nodes, IReadOnlyList<RoutedEdge> Edges);

/// <summary>
/// Layered layout, pure: a column per start wave (longest path of <c>requires</c> edges), what starts first on the left. Edges that pass a column
/// get a place in it like a node's; each gutter gives every edge a lane of its own, in an order in which parallel edges do not cross.
/// </summary>
public static class MapLayout
{
    public const double NodeWidth = 196, NodeHeight = 72;
    const double Gap = 26, PassingHeight = 10, Margin = 24, Top = 44, Gutter = 44, Lane = 12;

    public static MapPicture Arrange(IReadOnlyList<MapNode> nodes, IReadOnlyList<MapEdge> edges)
    {
        if (nodes.Count == 0) return new(0, 0, [], [], []);
        var waves = Waves(nodes, edges);
        var slots = nodes.ToDictionary(node => node.Id, node => new Slot(waves[node.Id], node));
        var columns = Enumerable.Range(0, waves.Values.Max() + 1).Select(_ => new List<Slot>()).ToArray();
        foreach (var slot in slots.Values.OrderBy(slot => slot.Node!.Name, StringComparer.Ordinal)) columns[slot.Wave].Add(slot);

        var chains = edges.Where(edge => slots.ContainsKey(edge.From) && slots.ContainsKey(edge.To) && edge.From != edge.To)
            .Select(edge => Chain(edge, slots, columns)).ToList();
        Order(columns);
        PlaceVertically(columns);
        var lanes = Lanes(chains);
        var x = PlaceHorizontally(columns, lanes);

        var placed = slots.Values.Select(slot => new PlacedNode(slot.Node!, slot.Wave, slot.X, slot.Y)).ToList();
        var routed = chains.Select(chain => new RoutedEdge(chain.Edge, Points(chain, lanes))).ToList();
        var height = columns.Max(column => column.Max(slot => slot.Y + slot.Height)) + Margin;
        return new(x[^1] + NodeWidth + Margin + SideLoops(chains) * Lane, height, x, placed, routed);
    }

    /// <summary>Start wave of each node, 0 first; a cycle counts once instead of for ever.</summary>
    public static IReadOnlyDictionary<Guid, int> Waves(IReadOnlyList<MapNode> nodes, IReadOnlyList<MapEdge> edges)
    {
        var needs = edges.Where(edge => edge.Type == DependencyType.Requires).ToLookup(edge => edge.From, edge => edge.To);
        var known = nodes.Select(node => node.Id).ToHashSet();
        var waves = new Dictionary<Guid, int>();
        var path = new HashSet<Guid>();
        foreach (var node in nodes) Visit(node.Id);
        return waves;

        int Visit(Guid id)
        {
            if (waves.TryGetValue(id, out var wave)) return wave;
            if (!path.Add(id)) return -1;
            wave = needs[id].Where(known.Contains).Select(Visit).DefaultIfEmpty(-1).Max() + 1;
            path.Remove(id);
            return waves[id] = wave;
        }
    }

    static EdgeChain Chain(MapEdge edge, Dictionary<Guid, Slot> slots, List<Slot>[] columns)
    {
        var (from, to) = (slots[edge.From], slots[edge.To]);
        var (left, right) = from.Wave <= to.Wave ? (from, to) : (to, from);
        var chain = new List<Slot> { left };
        for (var wave = left.Wave + 1; wave < right.Wave; wave++)
        {
            var passing = new Slot(wave, null);
            columns[wave].Add(passing);
            chain.Add(passing);
        }

        chain.Add(right);
        for (var i = 1; i < chain.Count; i++)
        {
            if (chain[i - 1].Wave == chain[i].Wave) continue;
            chain[i - 1].Right.Add(chain[i]);
            chain[i].Left.Add(chain[i - 1]);
        }

        return new(edge, chain, Backwards: left == to);
    }

    static void Order(List<Slot>[] columns)
    {
        for (var sweep = 0; sweep < 6; sweep++)
        {
            var rightwards = sweep % 2 == 0;
            foreach (var column in rightwards ? columns : columns.Reverse())
            {
                for (var i = 0; i < column.Count; i++) column[i].Rank = i;
                var ordered = column.OrderBy(slot =>
                {
                    var beside = rightwards ? slot.Left : slot.Right;
                    return beside.Count == 0 ? slot.Rank : beside.Average(other => other.Rank);
                }).ToList();
                column.Clear();
                column.AddRange(ordered);
                for (var i = 0; i < column.Count; i++) column[i].Rank = i;
            }
        }
    }

    /// <summary>Each slot wants the mean height of what it is joined to; neighbours in a column keep their order and their distance.</summary>
    static void PlaceVertically(List<Slot>[] columns)
    {
        foreach (var column in columns)
        {
            var y = 0.0;
            foreach (var slot in column)
            {
                slot.Y = y;
                y += slot.Height + Gap;
            }

            foreach (var slot in column) slot.Y -= (y - Gap) / 2;
        }

        for (var pass = 0; pass < 8; pass++)
        {
            foreach (var column in pass % 2 == 0 ? columns : columns.Reverse())
            {
                var wish = column.Select(slot => slot.Left.Concat(slot.Right).Select(other => other.Middle).DefaultIfEmpty(slot.Middle).Average() - slot.Height / 2).ToArray();
                var down = new double[column.Count];
                var up = new double[column.Count];
                for (var i = 0; i < column.Count; i++) down[i] = i == 0 ? wish[i] : Math.Max(wish[i], down[i - 1] + column[i - 1].Height + Gap);
                for (var i = column.Count - 1; i >= 0; i--) up[i] = i == column.Count - 1 ? wish[i] : Math.Min(wish[i], up[i + 1] - column[i].Height - Gap);
                for (var i = 0; i < column.Count; i++) column[i].Y = (down[i] + up[i]) / 2;
            }
        }

        var top = columns.Min(column => column.Min(slot => slot.Y));
        foreach (var slot in columns.SelectMany(column => column)) slot.Y = Math.Round(slot.Y - top + Top);
    }

    /// <summary>Ports along the sides of the nodes, then a lane for every bent stretch of a gutter.</summary>
    static Dictionary<Stretch, int> Lanes(List<EdgeChain> chains)
    {
        var stretches = chains.SelectMany(chain => chain.Stretches).ToList();
        foreach (var group in stretches.GroupBy(stretch => stretch.Left))
            Spread(group.OrderBy(stretch => stretch.Right.Middle), group.Key, (stretch, y) => stretch.LeftY = y);
        foreach (var group in stretches.Where(stretch => !stretch.Loops).GroupBy(stretch => stretch.Right))
            Spread(group.OrderBy(stretch => stretch.Left.Middle), group.Key, (stretch, y) => stretch.RightY = y);
        foreach (var stretch in stretches.Where(stretch => stretch.Loops)) stretch.RightY = stretch.Right.Middle + 8;
        foreach (var stretch in stretches.Where(stretch => Math.Abs(stretch.LeftY - stretch.RightY) < 4)) stretch.RightY = stretch.LeftY;

        return stretches.Where(stretch => stretch.LeftY != stretch.RightY).GroupBy(stretch => stretch.Left.Wave)
            .SelectMany(gutter => gutter
                .OrderBy(stretch => stretch.RightY > stretch.LeftY ? 0 : 1)
                .ThenBy(stretch => stretch.RightY > stretch.LeftY ? -stretch.LeftY : stretch.LeftY)
                .Select((stretch, lane) => (stretch, lane)))
            .ToDictionary(pair => pair.stretch, pair => pair.lane);
    }

    static void Spread(IEnumerable<Stretch> stretches, Slot side, Action<Stretch, double> set)
    {
        var all = stretches.ToList();
        var step = side.Node is null ? 0 : Math.Min(14, (NodeHeight - 20) / Math.Max(1, all.Count));
        for (var i = 0; i < all.Count; i++) set(all[i], Math.Round(side.Middle + (i - (all.Count - 1) / 2.0) * step));
    }

    static List<double> PlaceHorizontally(List<Slot>[] columns, Dictionary<Stretch, int> lanes)
    {
        var x = new List<double> { Margin };
        for (var wave = 1; wave < columns.Length; wave++)
        {
            var used = lanes.Where(pair => pair.Key.Left.Wave == wave - 1).Select(pair => pair.Value + 1).DefaultIfEmpty(0).Max();
            x.Add(x[^1] + NodeWidth + Gutter + used * Lane);
        }

        foreach (var column in columns)
            foreach (var slot in column) slot.X = x[slot.Wave];
        return x;
    }

    static List<(double, double)> Points(EdgeChain chain, Dictionary<Stretch, int> lanes)
    {
        var points = new List<(double X, double Y)>();
        foreach (var stretch in chain.Stretches)
        {
            var start = stretch.Left.X + NodeWidth;
            points.Add((stretch.Left.Node is null ? stretch.Left.X : start, stretch.LeftY));
            if (lanes.TryGetValue(stretch, out var lane))
            {
                var x = start + Gutter / 2 + lane * Lane;
                points.Add((x, stretch.LeftY));
                points.Add((x, stretch.RightY));
            }

            points.Add((stretch.Loops ? start : stretch.Right.X, stretch.RightY));
        }

        if (chain.Backwards) points.Reverse();
        return points;
    }

    static int SideLoops(List<EdgeChain> chains) => chains.Any(chain => chain.Stretches.Any(stretch => stretch.Loops)) ? 4 : 0;

    /// <summary>A place in a column: a node's, or (without one) that of an edge passing through.</summary>
    sealed class Slot(int wave, MapNode? node)
    {
        public int Wave { get; } = wave;
        public MapNode? Node { get; } = node;
        public List<Slot> Left { get; } = [];
        public List<Slot> Right { get; } = [];
        public double Rank { get; set; }
        public double X { get; set; }
        public double Y { get; set; }
        public double Height => Node is null ? PassingHeight : NodeHeight;
        public double Middle => Y + Height / 2;
    }

    /// <summary>Part of an edge between two neighbouring columns, or a loop beside one.</summary>
    sealed class Stretch(Slot left, Slot right)
    {
        public Slot Left { get; } = left;
        public Slot Right { get; } = right;
        public bool Loops => Left.Wave == Right.Wave;
        public double LeftY { get; set; }
        public double RightY { get; set; }
    }

    sealed record EdgeChain(MapEdge Edge, List<Slot> Slots, bool Backwards)
    {
        public List<Stretch> Stretches { get; } = [.. Slots.Zip(Slots.Skip(1), (left, right) => new Stretch(left, right))];
    }
}
