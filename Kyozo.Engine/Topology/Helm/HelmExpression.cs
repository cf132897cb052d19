using System.Globalization;
using System.Text;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Helm;

/// <summary>Values of the expressions that charts are written with; what is not known is nothing.</summary>
sealed class HelmExpression(HelmScope scope)
{
    const int MaxLength = 4_000, MaxDepth = 12;

    static readonly YamlNode Yes = HelmText.Node("true"), No = HelmText.Node("false");

    int _depth;

    public YamlNode? Value(string expression)
    {
        if (expression.Length > MaxLength || _depth >= MaxDepth) return null;
        _depth++;
        YamlNode? value = null;
        var first = true;
        foreach (var step in Split(expression, '|'))
        {
            var words = Split(step, ' ');
            if (words.Count == 0) continue;
            value = first && words.Count == 1 && !char.IsAsciiLetter(words[0][0]) ? Operand(words[0]) : Call(words, value, piped: !first);
            first = false;
        }
        _depth--;
        return value;
    }

    YamlNode? Operand(string word)
    {
        if (word[0] is '"' or '`' or '\'') return HelmText.Node(word.Trim(word[0]));
        if (word[0] == '(')
        {
            var end = word.LastIndexOf(')');
            return end < 0 ? null : Path(Value(word[1..end]), word[(end + 1)..]);
        }
        if (word[0] == '.') return Path(scope.Dot, word);
        if (word[0] == '$')
        {
            var dot = word.IndexOf('.', StringComparison.Ordinal);
            var name = dot < 0 ? word : word[..dot];
            return Path(name == "$" ? scope.Root : scope.Variable(name), dot < 0 ? "" : word[dot..]);
        }
        return char.IsAsciiDigit(word[0]) || word[0] == '-' || word is "true" or "false" ? HelmText.Node(word) : char.IsAsciiLetter(word[0]) ? Call([word], null, piped: false) : null;
    }

    static YamlNode? Path(YamlNode? node, string path)
    {
        foreach (var part in path.Split('.', StringSplitOptions.RemoveEmptyEntries)) node = node?[part];
        return node;
    }

    YamlNode? Call(List<string> words, YamlNode? last, bool piped)
    {
        var values = words.Skip(1).Select(Operand).ToList();
        if (piped) values.Add(last);
        YamlNode? At(int i) => i < values.Count ? values[i] : null;
        string TextAt(int i) => HelmText.Of(At(i));
        var end = values.Count > 0 ? values[^1] : null;
        switch (words[0])
        {
            case "default":
                return HelmText.Holds(At(1)) ? At(1) : At(0);
            case "quote" or "squote":
                return HelmText.Node(System.Text.Json.JsonSerializer.Serialize(HelmText.Of(end)));
            case "nindent":
                return HelmText.Node("\n" + HelmText.Block(end, Number(At(0))));
            case "indent":
                return HelmText.Node(HelmText.Block(end, Number(At(0))));
            case "include" or "template":
                return Included(TextAt(0));
            case "tpl":
                return At(0);
            case "printf":
                return HelmText.Node(Printed(TextAt(0), values.Skip(1)));
            case "lower":
                return HelmText.Node(HelmText.Of(end).ToLowerInvariant());
            case "trimSuffix":
                return HelmText.Node(TextAt(1).EndsWith(TextAt(0), StringComparison.Ordinal) ? TextAt(1)[..^TextAt(0).Length] : TextAt(1));
            case "trimPrefix":
                return HelmText.Node(TextAt(1).StartsWith(TextAt(0), StringComparison.Ordinal) ? TextAt(1)[TextAt(0).Length..] : TextAt(1));
            case "replace":
                return TextAt(0).Length == 0 ? At(2) : HelmText.Node(TextAt(2).Replace(TextAt(0), TextAt(1), StringComparison.Ordinal));
            case "coalesce":
                return values.Find(HelmText.Holds);
            case "ternary":
                return HelmText.Holds(At(2)) ? At(0) : At(1);
            case "eq":
                return values.Skip(1).Any(value => HelmText.Of(value) == TextAt(0)) ? Yes : No;
            case "ne":
                return TextAt(0) != TextAt(1) ? Yes : No;
            case "not" or "empty":
                return HelmText.Holds(At(0)) ? No : Yes;
            case "and":
                return values.Find(value => !HelmText.Holds(value)) is { } no ? no : values.TrueForAll(HelmText.Holds) ? end : No;
            case "or":
                return values.Find(HelmText.Holds);
            case "hasKey":
                return At(0)?[TextAt(1)] is null ? No : Yes;
            case "contains":
                return TextAt(1).Contains(TextAt(0), StringComparison.Ordinal) ? Yes : No;
            case "index" or "get":
                return values.Skip(1).Aggregate(At(0), (node, key) => node?.List is { } list ? Number(key) is var i && i >= 0 && i < list.Count ? list[i] : null : node?[HelmText.Of(key)]);
            case "true" or "false":
                return HelmText.Node(words[0]);
            // toYaml, toString, int, trunc, trim, required and others leave the value as it is.
            case "toYaml" or "toString" or "int" or "int64" or "trunc" or "trim" or "required" or "toJson" or "kebabcase" or "tostring" or "fromYaml":
                return end;
            default:
                return null;
        }
    }

    /// <summary>Names are the chart's; labels are one line that is the same for all who include them.</summary>
    YamlNode Included(string template)
    {
        var chart = HelmText.Of(scope.Root["Chart"]?["Name"]);
        var what = template[(template.LastIndexOf('.') + 1)..];
        if (!what.Contains("label", StringComparison.OrdinalIgnoreCase)) return HelmText.Node(chart);
        return new() { Map = [("app.kubernetes.io/name", 1, HelmText.Node(chart))] };
    }

    static string Printed(string format, IEnumerable<YamlNode?> values)
    {
        var text = new StringBuilder();
        using var next = values.GetEnumerator();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length) text.Append(format[i]);
            else if (format[++i] == '%') text.Append('%');
            else if (next.MoveNext()) text.Append(HelmText.Of(next.Current));
        }
        return text.ToString();
    }

    static int Number(YamlNode? node) => int.TryParse(node?.Scalar, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>Parts between a separator, outside of quotes and brackets.</summary>
    static List<string> Split(string expression, char separator)
    {
        var parts = new List<string>();
        int start = 0, open = 0;
        char? quote = null;
        for (var i = 0; i <= expression.Length; i++)
        {
            var c = i < expression.Length ? expression[i] : separator;
            if (i < expression.Length && quote is { } mark)
            {
                if (c == mark) quote = null;
                continue;
            }
            if (c is '"' or '`') quote = c;
            else if (c == '(') open++;
            else if (c == ')') open--;
            if (i < expression.Length && (open > 0 || !(c == separator || separator == ' ' && char.IsWhiteSpace(c)))) continue;
            if (expression[start..i].Trim() is { Length: > 0 } part) parts.Add(part);
            start = i + 1;
        }
        return parts;
    }
}
