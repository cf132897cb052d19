using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Kyozo.Engine.Topology.Export;

/// <summary>A map of a YAML text in the order in which it is filled; what is null or empty is left out.</summary>
sealed partial class YamlMap
{
    readonly YamlMappingNode _node = [];

    public bool IsEmpty => _node.Children.Count == 0;

    public YamlMap Add(string key, string? value)
    {
        if (value is not null) _node.Add(Scalar(key), Scalar(value));
        return this;
    }

    public YamlMap Add(string key, long? value) => value is { } number ? AddPlain(key, number.ToString(System.Globalization.CultureInfo.InvariantCulture)) : this;

    public YamlMap Add(string key, double? value) => value is { } number ? AddPlain(key, number.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture)) : this;

    public YamlMap Add(string key, bool? value) => value is { } yes ? AddPlain(key, yes ? "true" : "false") : this;

    public YamlMap Add(string key, YamlMap value)
    {
        if (!value.IsEmpty) _node.Add(Scalar(key), value._node);
        return this;
    }

    /// <summary>A key with an empty map.</summary>
    public YamlMap AddEmpty(string key)
    {
        _node.Add(Scalar(key), new YamlMappingNode { Style = YamlDotNet.Core.Events.MappingStyle.Flow });
        return this;
    }

    public YamlMap Add(string key, IEnumerable<string> items, bool inOneLine = false)
    {
        var list = new YamlSequenceNode(items.Select(Scalar)) { Style = inOneLine ? YamlDotNet.Core.Events.SequenceStyle.Flow : YamlDotNet.Core.Events.SequenceStyle.Block };
        if (list.Children.Count > 0) _node.Add(Scalar(key), list);
        return this;
    }

    /// <summary>The text, below lines of comment.</summary>
    public string ToText(IEnumerable<string> comments)
    {
        using var text = new StringWriter { NewLine = "\n" };
        foreach (var comment in comments) text.WriteLine("# " + string.Concat(comment.Select(c => char.IsControl(c) ? ' ' : c)));
        // No line is broken: a command that goes over two would read like two.
        var emitter = new Emitter(text, new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024));
        new YamlStream(new YamlDocument(_node)).Save(new WithoutMarkers(emitter), assignAnchors: false);
        return text.ToString().Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    YamlMap AddPlain(string key, string value)
    {
        _node.Add(Scalar(key), new YamlScalarNode(value) { Style = ScalarStyle.Plain });
        return this;
    }

    /// <summary>Quoted where another reader would take it for a number, a truth value or nothing.</summary>
    static YamlScalarNode Scalar(string value) => new(value) { Style = value.Length == 0 || Ambiguous().IsMatch(value) ? ScalarStyle.DoubleQuoted : ScalarStyle.Any };

    [GeneratedRegex(@"^([-+.]?[0-9][0-9_.,:eExXa-fA-F+-]*|[-+]?\.(inf|nan)|~|null|true|false|yes|no|on|off|y|n)$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Ambiguous();

    /// <summary>Leaves out the <c>...</c> at the end.</summary>
    sealed class WithoutMarkers(IEmitter inner) : IEmitter
    {
        public void Emit(YamlDotNet.Core.Events.ParsingEvent @event) => inner.Emit(@event switch
        {
            YamlDotNet.Core.Events.DocumentStart => new YamlDotNet.Core.Events.DocumentStart(null, null, isImplicit: true),
            YamlDotNet.Core.Events.DocumentEnd => new YamlDotNet.Core.Events.DocumentEnd(isImplicit: true),
            _ => @event,
        });
    }
}
