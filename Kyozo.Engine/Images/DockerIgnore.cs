using System.Text;
using System.Text.RegularExpressions;

namespace Kyozo.Engine.Images;

/// <summary>
/// A <c>.dockerignore</c> file: the engine does not apply it to a tar it is sent (SAFETY M6). Docker's own rules: one pattern a line, <c>#</c> comments,
/// <c>*</c> within a name, <c>**</c> over folders, a matching folder takes all below with it, <c>!</c> brings back, the last match decides.
/// </summary>
public sealed class DockerIgnore
{
    readonly (Regex Pattern, bool BringsBack)[] _rules;

    DockerIgnore((Regex, bool)[] rules) => _rules = rules;

    /// <summary>Ignores nothing.</summary>
    public static DockerIgnore None { get; } = new([]);

    /// <summary>True when a later rule may bring back what an earlier one took: a folder cannot be left out whole then.</summary>
    public bool BringsBack => _rules.Any(rule => rule.BringsBack);

    /// <summary>Reads the file's text; a line that is no pattern is skipped.</summary>
    public static DockerIgnore Parse(string text)
    {
        var rules = new List<(Regex, bool)>();
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            if (line.StartsWith('#')) continue;
            var pattern = line.Trim();
            var bringsBack = pattern.StartsWith('!');
            if (bringsBack) pattern = pattern[1..].Trim();
            pattern = Clean(pattern);
            if (pattern.Length > 0) rules.Add((new Regex(Translate(pattern), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking), bringsBack));
        }

        return new([.. rules]);
    }

    /// <summary>True when the path (relative, forward slashes) is left out.</summary>
    public bool Ignores(string path)
    {
        var ignored = false;
        foreach (var (pattern, bringsBack) in _rules)
        {
            if (ignored == bringsBack && Matches(pattern, path)) ignored = !bringsBack;
        }

        return ignored;
    }

    /// <summary>The path itself or a folder above it.</summary>
    static bool Matches(Regex pattern, string path)
    {
        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (pattern.IsMatch(path.AsSpan(0, end))) return true;
        }

        return false;
    }

    /// <summary><c>/a/./b/</c> → <c>a/b</c>; <c>..</c> leaves the folder and matches nothing.</summary>
    static string Clean(string pattern)
    {
        var parts = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").ToArray();
        return parts.Contains("..") ? "" : string.Join('/', parts);
    }

    static string Translate(string pattern)
    {
        var regex = new StringBuilder(@"\A");
        for (var i = 0; i < pattern.Length; i++)
        {
            var rest = pattern.AsSpan(i);
            if (rest.StartsWith("**/"))
            {
                regex.Append("(?:.*/)?");
                i += 2;
            }
            else if (rest.StartsWith("**"))
            {
                regex.Append(".*");
                i++;
            }
            else if (rest[0] == '*') regex.Append("[^/]*");
            else if (rest[0] == '?') regex.Append("[^/]");
            else if (rest[0] == '[' && rest.IndexOf(']') is > 1 and var close)
            {
                var set = rest[1..close].ToString().Replace(@"\", @"\\", StringComparison.Ordinal).Replace("[", @"\[", StringComparison.Ordinal);
                regex.Append('[').Append(set).Append(']');
                i += close;
            }
            else if (rest[0] == '\\' && rest.Length > 1) regex.Append(Regex.Escape(pattern[++i].ToString()));
            else regex.Append(Regex.Escape(rest[0].ToString()));
        }

        return regex.Append(@"\z").ToString();
    }
}
