using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Helm;

/// <summary>What names mean at a place of a template: the dot, the dollar and the variables set so far.</summary>
sealed class HelmScope(YamlNode? dot, YamlNode root, HelmScope? outer = null)
{
    const int MaxItems = 200;

    readonly Dictionary<string, YamlNode?> _variables = new(StringComparer.Ordinal);

    public YamlNode? Dot => dot;

    public YamlNode Root => root;

    public YamlNode? Variable(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._variables.TryGetValue(name, out var value)) return value;
        }
        return null;
    }

    HelmScope? Outer => outer;

    /// <summary>Sets a variable when that is what the action does.</summary>
    public bool Assign(string action)
    {
        if (!action.StartsWith('$') || action.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var at)) return false;
        var name = action[..at].TrimEnd(':', ' ');
        if (name.AsSpan(1).ContainsAny(' ', '.', '"')) return false;
        var value = new HelmExpression(this).Value(action[(at + 1)..]);
        // "=" changes the variable of an outer block, ":=" makes one here.
        var owner = this;
        if (action[at - 1] != ':') while (owner.Outer is { } next && !owner._variables.ContainsKey(name)) owner = next;
        owner._variables[name] = value;
        return true;
    }

    /// <summary>The scope of a branch that is taken, or null.</summary>
    public HelmScope? If(string condition, bool movesDot)
    {
        var inner = new HelmScope(dot, root, this);
        var value = inner.Assign(condition) ? inner._variables.Values.First() : new HelmExpression(this).Value(condition);
        return !HelmText.Holds(value) ? null : movesDot ? Moved(inner, value) : inner;
    }

    HelmScope Moved(HelmScope inner, YamlNode? value)
    {
        var moved = new HelmScope(value, root, this);
        foreach (var (name, known) in inner._variables) moved._variables[name] = known;
        return moved;
    }

    /// <summary>A scope for each turn of a loop.</summary>
    public List<HelmScope> Each(string clause)
    {
        string[] names = [];
        if (clause.StartsWith('$') && clause.IndexOf(":=", StringComparison.Ordinal) is > 0 and var at)
        {
            names = clause[..at].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            clause = clause[(at + 2)..];
        }
        var turns = new List<HelmScope>();
        var over = new HelmExpression(this).Value(clause);
        var pairs = over?.Map is not null ? over.Entries.Select(entry => (entry.Key, entry.Value)) : (over?.Items ?? []).Select((item, i) => (Key: i.ToString(System.Globalization.CultureInfo.InvariantCulture), Value: item));
        foreach (var (key, value) in pairs.Take(MaxItems))
        {
            var turn = new HelmScope(value, root, this);
            if (names.Length > 0) turn._variables[names[^1]] = value;
            if (names.Length > 1) turn._variables[names[0]] = HelmText.Node(key);
            turns.Add(turn);
        }
        return turns;
    }
}
