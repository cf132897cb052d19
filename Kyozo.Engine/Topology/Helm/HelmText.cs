using System.Text;
using System.Text.Json;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Helm;

/// <summary>Values of a template as text, as truth and as YAML.</summary>
static class HelmText
{
    const int MaxLength = 100_000;

    public static YamlNode Node(string text) => new() { Scalar = text };

    /// <summary>A scalar as it stands, anything else as one line of YAML.</summary>
    public static string Of(YamlNode? node) => node is null ? "" : node.Scalar ?? Flow(node);

    /// <summary>What counts as true in a template.</summary>
    public static bool Holds(YamlNode? node) => node switch
    {
        null => false,
        { Scalar: { } text } => text is not ("" or "false" or "0" or "null" or "~"),
        { Map: { } map } => map.Count > 0,
        _ => node.Items.Count > 0,
    };

    /// <summary>A map or a list line by line, each line indented.</summary>
    public static string Block(YamlNode? node, int indent)
    {
        var margin = new string(' ', Math.Clamp(indent, 0, 60));
        if (node?.Map is not null) return string.Join('\n', node.Entries.Select(entry => $"{margin}{JsonSerializer.Serialize(entry.Key)}: {Flow(entry.Value)}"));
        if (node?.List is not null) return string.Join('\n', node.Items.Select(item => $"{margin}- {Flow(item)}"));
        return string.Join('\n', Of(node).Split('\n').Select(line => margin + line));
    }

    static string Flow(YamlNode node)
    {
        var text = new StringBuilder();
        Flow(node, text);
        return text.ToString();
    }

    static void Flow(YamlNode node, StringBuilder text)
    {
        // Aliases make little text mean much.
        if (text.Length > MaxLength) throw new FormatException($"a value longer than {MaxLength:N0} characters");
        if (node.Scalar is { } scalar) text.Append(JsonSerializer.Serialize(scalar));
        else if (node.List is not null)
        {
            text.Append('[');
            foreach (var item in node.Items)
            {
                Flow(item, text);
                text.Append(", ");
            }
            text.Append(']');
        }
        else
        {
            text.Append('{');
            foreach (var (key, _, value) in node.Entries)
            {
                text.Append(JsonSerializer.Serialize(key)).Append(": ");
                Flow(value, text);
                text.Append(", ");
            }
            text.Append('}');
        }
    }
}
