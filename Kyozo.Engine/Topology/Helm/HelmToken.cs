namespace Kyozo.Engine.Topology.Helm;

/// <summary>A piece of a template: text as it stands, or what is between <c>{{</c> and <c>}}</c>.</summary>
/// <param name="Text">Without the braces; of text what the dashes of its neighbours leave.</param>
/// <param name="Line">1-based line of its first character.</param>
/// <param name="IsAction">True for what is between braces.</param>
sealed record HelmToken(string Text, int Line, bool IsAction)
{
    /// <summary>The first word of an action, else empty.</summary>
    public string Word { get; } = IsAction ? Text.Split([' ', '\t', '\r', '\n', '('], 2)[0] : "";

    /// <summary>What follows the first word.</summary>
    public string Rest => Text[Word.Length..].Trim();

    public static List<HelmToken> Read(string template)
    {
        var tokens = new List<HelmToken>();
        int at = 0, line = 1;
        var trims = false;
        while (at < template.Length)
        {
            var open = template.IndexOf("{{", at, StringComparison.Ordinal);
            var close = open < 0 ? -1 : template.IndexOf("}}", open + 2, StringComparison.Ordinal);
            var end = close < 0 ? template.Length : open;
            var literal = template[at..end];
            var shown = trims ? literal.TrimStart() : literal;
            var first = line + literal.AsSpan(0, literal.Length - shown.Length).Count('\n');
            if (close >= 0 && open + 2 < close && template[open + 2] == '-') shown = shown.TrimEnd();
            if (shown.Length > 0) tokens.Add(new(shown, first, false));
            line += literal.AsSpan().Count('\n');
            if (close < 0) break;
            var action = template[(open + 2)..close];
            trims = action.EndsWith('-');
            var inner = action.Trim('-', ' ', '\t', '\r', '\n');
            if (!inner.StartsWith("/*", StringComparison.Ordinal)) tokens.Add(new(inner, line, true));
            line += action.AsSpan().Count('\n');
            at = close + 2;
        }
        return tokens;
    }
}
