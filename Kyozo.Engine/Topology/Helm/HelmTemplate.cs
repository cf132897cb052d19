using System.Text;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Helm;

/// <summary>
/// Writes a Go template of a Helm chart as the YAML that it makes of the chart's own values: conditions, loops, variables and the values
/// themselves. Nothing is run, files are not opened, and steps, depth and length have limits (SAFETY A-13).
/// </summary>
sealed class HelmTemplate
{
    const int MaxSteps = 50_000, MaxDepth = 40, MaxLength = 500_000;

    readonly List<HelmToken> _tokens;
    readonly StringBuilder _text = new();
    readonly List<int> _lines = [];
    int _steps, _depth;

    HelmTemplate(string template) => _tokens = HelmToken.Read(template);

    /// <summary>The YAML, and for each of its lines the line of the template that it comes from.</summary>
    /// <exception cref="FormatException">It is longer or deeper than any chart.</exception>
    public static (string Text, IReadOnlyList<int> Lines) Render(string template, YamlNode root)
    {
        var rendering = new HelmTemplate(template);
        rendering.Run(0, new HelmScope(root, root), writes: true);
        return (rendering._text.ToString(), rendering._lines);
    }

    /// <summary>Goes on until the end, or the other branch, of the block that it stands in; returns the place of that word.</summary>
    int Run(int at, HelmScope scope, bool writes)
    {
        while (at < _tokens.Count)
        {
            if (++_steps > MaxSteps) throw new FormatException($"more than {MaxSteps:N0} steps");
            var token = _tokens[at];
            if (!token.IsAction)
            {
                if (writes) Write(token.Text, token.Line, moves: true);
                at++;
                continue;
            }
            switch (token.Word)
            {
                case "end" or "else":
                    return at;
                case "if" or "with" or "range" or "define" or "block":
                    if (++_depth > MaxDepth) throw new FormatException($"nested deeper than {MaxDepth} levels");
                    at = Block(at, scope, writes);
                    _depth--;
                    break;
                default:
                    if (writes) Say(token, scope);
                    at++;
                    break;
            }
        }
        return at;
    }

    int Block(int at, HelmScope scope, bool writes)
    {
        var token = _tokens[at];
        var scopes = token.Word switch
        {
            _ when !writes => [],
            "range" => scope.Each(token.Rest),
            "if" or "with" => scope.If(token.Rest, token.Word == "with") is { } inner ? [inner] : [],
            _ => [],
        };
        var end = at + 1;
        if (scopes.Count == 0) end = Run(at + 1, scope, writes: false);
        foreach (var inner in scopes) end = Run(at + 1, inner, writes);
        var done = scopes.Count > 0;
        while (end < _tokens.Count && _tokens[end].Word == "else")
        {
            var other = _tokens[end];
            var condition = other.Rest.StartsWith("if ", StringComparison.Ordinal) ? other.Rest[3..] : other.Rest.StartsWith("with ", StringComparison.Ordinal) ? other.Rest[5..] : null;
            var branch = !writes || done ? null : condition is null ? scope : scope.If(condition, other.Rest[0] == 'w');
            end = Run(end + 1, branch ?? scope, branch is not null);
            done |= branch is not null;
        }
        return end + 1;
    }

    void Say(HelmToken token, HelmScope scope)
    {
        if (scope.Assign(token.Text)) return;
        Write(HelmText.Of(new HelmExpression(scope).Value(token.Text)), token.Line, moves: false);
    }

    void Write(string written, int line, bool moves)
    {
        if (_text.Length + written.Length > MaxLength) throw new FormatException($"longer than {MaxLength:N0} characters");
        foreach (var c in written)
        {
            if (_text.Length == 0 || _text[^1] == '\n') _lines.Add(line);
            _text.Append(c);
            if (moves && c == '\n') line++;
        }
    }
}
