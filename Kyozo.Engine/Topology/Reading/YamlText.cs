using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Kyozo.Engine.Topology.Reading;

/// <summary>A YAML node: a scalar, a map or a list. Aliases are the node they name, so a bomb of aliases (SAFETY A-13) costs no memory; merge keys are resolved.</summary>
sealed class YamlNode
{
    static readonly YamlNode[] NoItems = [];

    public string? Scalar { get; init; }

    public List<YamlNode>? List { get; init; }

    public List<(string Key, int Line, YamlNode Value)>? Map { get; init; }

    /// <summary>1-based.</summary>
    public int Line { get; init; }

    public YamlNode? this[string key] => Find(key, depth: 0)?.Value;

    /// <summary>Line of a key of this map.</summary>
    public int? LineOf(string key) => Find(key, depth: 0)?.Line;

    public IReadOnlyList<YamlNode> Items => List is null ? NoItems : List;

    /// <summary>Own entries of a map, then those merged in by <c>&lt;&lt;</c>.</summary>
    public IEnumerable<(string Key, int Line, YamlNode Value)> Entries => Merged(depth: 0).DistinctBy(entry => entry.Key, StringComparer.Ordinal);

    /// <summary>A scalar, or the scalars of a list.</summary>
    public IEnumerable<string> Words => Scalar is { Length: > 0 } one ? [one] : Items.Select(item => item.Scalar).OfType<string>();

    (string Key, int Line, YamlNode Value)? Find(string key, int depth)
    {
        if (Map is null) return null;
        foreach (var entry in Map)
        {
            if (entry.Key == key) return entry;
        }
        if (depth >= 4) return null;
        foreach (var entry in Map.Where(entry => entry.Key == "<<"))
        {
            foreach (var source in entry.Value.List ?? [entry.Value])
            {
                if (source.Find(key, depth + 1) is { } found) return found;
            }
        }
        return null;
    }

    IEnumerable<(string Key, int Line, YamlNode Value)> Merged(int depth)
    {
        foreach (var entry in Map ?? [])
        {
            if (entry.Key != "<<") yield return entry;
        }
        if (depth >= 4) yield break;
        foreach (var entry in (Map ?? []).Where(entry => entry.Key == "<<"))
        {
            foreach (var inherited in (entry.Value.List ?? [entry.Value]).Take(16).SelectMany(source => source.Merged(depth + 1))) yield return inherited;
        }
    }
}

/// <summary>Reads the documents of a YAML text event by event, without recursion, within limits on depth and size.</summary>
static class YamlText
{
    const int MaxDepth = 48, MaxNodes = 100_000, MaxDocuments = 1_000;

    /// <summary>The first document.</summary>
    /// <exception cref="FormatException">It is no YAML, or larger or deeper than any configuration.</exception>
    public static YamlNode? Parse(string text) => Read(text, 1).FirstOrDefault();

    /// <summary>All documents (a file of Kubernetes manifests holds many).</summary>
    /// <exception cref="FormatException">It is no YAML, or larger or deeper than any configuration.</exception>
    /// <param name="text">The documents.</param>
    /// <param name="lines">Where the text was made from another one: the line of that for each line of this.</param>
    public static IReadOnlyList<YamlNode> ParseAll(string text, IReadOnlyList<int>? lines = null) => Read(text, MaxDocuments, lines);

    static List<YamlNode> Read(string text, int most, IReadOnlyList<int>? lines = null)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            var documents = new List<YamlNode>();
            var nodes = 0;
            while (documents.Count < most && Read(parser, lines, ref nodes, out var document))
            {
                if (document is not null) documents.Add(document);
            }
            return documents;
        }
        catch (YamlException problem)
        {
            throw new FormatException($"line {problem.Start.Line}: {problem.Message}", problem);
        }
    }

    /// <summary>The next document; false at the end of the text.</summary>
    static bool Read(Parser parser, IReadOnlyList<int>? lines, ref int total, out YamlNode? document)
    {
        var anchors = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        var open = new Stack<(YamlNode Node, (string Name, int Line)? Key)>();
        YamlNode? root = null;
        var nodes = total;

        void Place(YamlNode node)
        {
            if (++nodes > MaxNodes) throw new FormatException($"more than {MaxNodes:N0} values");
            if (!open.TryPop(out var parent)) root = node;
            else if (parent.Node.List is { } list)
            {
                list.Add(node);
                open.Push(parent);
            }
            else if (parent.Key is { } key)
            {
                parent.Node.Map!.Add((key.Name, key.Line, node));
                open.Push((parent.Node, null));
            }
            else open.Push((parent.Node, (node.Scalar ?? "", node.Line)));
        }

        void Start(NodeEvent start, YamlNode node)
        {
            Place(node);
            if (!start.Anchor.IsEmpty) anchors[start.Anchor.Value] = node;
            if (open.Count >= MaxDepth) throw new FormatException($"nested deeper than {MaxDepth} levels");
            open.Push((node, null));
        }

        while (parser.MoveNext())
        {
            var line = (int)parser.Current!.Start.Line;
            if (lines is not null && line > 0 && line <= lines.Count) line = lines[line - 1];
            switch (parser.Current)
            {
                case Scalar scalar:
                    var value = new YamlNode { Scalar = scalar.Value, Line = line };
                    if (!scalar.Anchor.IsEmpty) anchors[scalar.Anchor.Value] = value;
                    Place(value);
                    break;
                case AnchorAlias alias:
                    Place(anchors.GetValueOrDefault(alias.Value.Value) ?? new YamlNode { Scalar = "", Line = line });
                    break;
                case MappingStart map:
                    Start(map, new() { Map = [], Line = line });
                    break;
                case SequenceStart list:
                    Start(list, new() { List = [], Line = line });
                    break;
                case MappingEnd or SequenceEnd:
                    open.Pop();
                    break;
                case DocumentEnd:
                    (document, total) = (root, nodes);
                    return true;
            }
        }
        (document, total) = (root, nodes);
        return root is not null;
    }
}
