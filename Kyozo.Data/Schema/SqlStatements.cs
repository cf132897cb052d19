namespace Kyozo.Data.Schema;

/// <summary>Cuts a script into its statements as psql does: a semicolon in a string, a quoted name, a comment or a dollar-quoted body ends nothing.</summary>
static class SqlStatements
{
    /// <summary>The statements without their semicolons and without what is only comment between them.</summary>
    public static IReadOnlyList<string> Split(string script)
    {
        var statements = new List<string>();
        var current = new System.Text.StringBuilder();
        for (var at = 0; at < script.Length;)
        {
            var end = EndOfToken(script, at);
            if (script[at] == ';')
            {
                Add(statements, current);
            }
            else if (IsComment(script, at))
            {
                current.Append(' ');
            }
            else
            {
                current.Append(script, at, end - at);
            }

            at = end;
        }

        Add(statements, current);
        return statements;
    }

    static void Add(List<string> statements, System.Text.StringBuilder current)
    {
        var statement = current.ToString().Trim();
        if (statement.Length > 0) statements.Add(statement);
        current.Clear();
    }

    static bool IsComment(string script, int at) => StartsWith(script, at, "--") || StartsWith(script, at, "/*");

    static int EndOfToken(string script, int at) => script[at] switch
    {
        '\'' or '"' => After(script, at + 1, script[at].ToString()),
        '-' when StartsWith(script, at, "--") => After(script, at + 2, "\n"),
        '/' when StartsWith(script, at, "/*") => After(script, at + 2, "*/"),
        '$' when DollarTag(script, at) is { } tag => After(script, at + tag.Length, tag),
        _ => at + 1,
    };

    // $$ or $name$; a parameter ($1) is none.
    static string? DollarTag(string script, int at)
    {
        var end = script.IndexOf('$', at + 1);
        if (end < 0) return null;
        var name = script.AsSpan(at + 1, end - at - 1);
        if (name.Length > 0 && char.IsAsciiDigit(name[0])) return null;
        foreach (var letter in name)
        {
            if (!char.IsLetterOrDigit(letter) && letter != '_') return null;
        }

        return script[at..(end + 1)];
    }

    static int After(string script, int from, string mark)
    {
        var found = script.IndexOf(mark, from, StringComparison.Ordinal);
        return found < 0 ? script.Length : found + mark.Length;
    }

    static bool StartsWith(string script, int at, string text) => string.CompareOrdinal(script, at, text, 0, text.Length) == 0;
}
