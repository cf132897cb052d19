using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology.Reading;

/// <summary>Files of <c>NAME=value</c> lines.</summary>
static class DotEnv
{
    /// <summary>Names and values; none when there is no such file.</summary>
    public static Dictionary<string, string> Of(SnapshotFile? file)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value, _) in Lines(file)) variables[name] = value;
        return variables;
    }

    public static IEnumerable<(string Name, string Value, int Line)> Lines(SnapshotFile? file)
    {
        var number = 0;
        foreach (var raw in file?.Text?.Split('\n') ?? [])
        {
            number++;
            var line = raw.Trim();
            if (line.StartsWith("export ", StringComparison.Ordinal)) line = line[7..];
            var equals = line.IndexOf('=');
            if (equals <= 0 || line[0] == '#') continue;
            var name = line[..equals].Trim();
            if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')) continue;
            var value = line[(equals + 1)..].Trim();
            if (value.Length > 0 && value[0] is not ('"' or '\'') && value.IndexOf(" #", StringComparison.Ordinal) is >= 0 and var comment) value = value[..comment].TrimEnd();
            yield return (name, value.Trim('"', '\''), number);
        }
    }
}
