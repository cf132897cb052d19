namespace Kyozo.Engine.Topology.Reading;

/// <summary>
/// As much of TOML as manifests need: tables, keys with their raw value, and the line of each. Forgiving on purpose: a manifest with
/// one odd line still says what it is about.
/// </summary>
sealed class TomlText
{
    readonly List<Entry> _entries = [];

    /// <summary>One <c>key = value</c>; <see cref="Value"/> is raw text, arrays over several lines joined.</summary>
    internal sealed record Entry(string Table, string Key, string Value, int Line)
    {
        /// <summary>The value without quotes.</summary>
        public string Text => Unquote(Value);

        /// <summary>The quoted strings in the value, be it an array or an inline table.</summary>
        public IEnumerable<string> Strings
        {
            get
            {
                for (var i = 0; i < Value.Length; i++)
                {
                    if (Value[i] is not ('"' or '\'')) continue;
                    var end = Value.IndexOf(Value[i], i + 1);
                    if (end < 0) yield break;
                    yield return Value[(i + 1)..end];
                    i = end;
                }
            }
        }
    }

    public IReadOnlyList<Entry> Entries => _entries;

    public Entry? Find(string table, string key) => _entries.FirstOrDefault(entry => entry.Table == table && entry.Key == key);

    public IEnumerable<Entry> Table(string table) => _entries.Where(entry => entry.Table == table);

    public bool HasTable(string table) => _entries.Any(entry => entry.Table == table || entry.Table.StartsWith(table + ".", StringComparison.Ordinal));

    public static TomlText Parse(string text)
    {
        var toml = new TomlText();
        var table = "";
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = WithoutComment(lines[i]).Trim();
            if (line.StartsWith('['))
            {
                table = line.Trim('[', ']', ' ').Replace("\"", "", StringComparison.Ordinal);
                toml._entries.Add(new(table, "", "", i + 1));
                continue;
            }
            var equals = line.IndexOf('=');
            if (equals <= 0) continue;
            var start = i + 1;
            var value = line[(equals + 1)..].Trim();
            if (value.Contains('[', StringComparison.Ordinal))
            {
                while (Depth(value) > 0 && i + 1 < lines.Length) value += " " + WithoutComment(lines[++i]).Trim();
            }
            toml._entries.Add(new(table, Unquote(line[..equals].Trim()), value, start));
        }
        return toml;
    }

    static int Depth(string value)
    {
        var depth = 0;
        var quote = '\0';
        foreach (var c in value)
        {
            if (quote != '\0') quote = c == quote ? '\0' : quote;
            else if (c is '"' or '\'') quote = c;
            else if (c == '[') depth++;
            else if (c == ']') depth--;
        }
        return depth;
    }

    static string WithoutComment(string line)
    {
        var quote = '\0';
        for (var i = 0; i < line.Length; i++)
        {
            if (quote != '\0') quote = line[i] == quote ? '\0' : quote;
            else if (line[i] is '"' or '\'') quote = line[i];
            else if (line[i] == '#') return line[..i];
        }
        return line;
    }

    static string Unquote(string value) => value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0] ? value[1..^1] : value;
}
