using System.Text.RegularExpressions;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>One project of an sbt build of several.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Text">What the build says about it, with the texts of the settings that it takes over.</param>
/// <param name="DependsOn">Folders of the projects that it is built from.</param>
/// <param name="Line">Where it is defined.</param>
sealed record SbtProject(string Path, string Text, IReadOnlyList<string> DependsOn, int Line);

/// <summary>Projects of an sbt build that lie in folders of their own: <c>lazy val api = (project in file("modules/api")).dependsOn(core)</c>.</summary>
static partial class SbtProjects
{
    const int MaxProjects = 200, MaxDepth = 8;

    /// <summary>The projects below a folder; none for a build of one.</summary>
    public static List<SbtProject> Of(Folder folder, SnapshotFile build)
    {
        var text = build.Text!;
        var values = Values(text).ToList();
        var shared = values.Concat(folder.Index.In(Paths.Join(folder.Path, "project")).Where(file => file.Extension == ".scala" && file.Text is not null).SelectMany(file => Values(file.Text!)))
            .Where(value => !Project().IsMatch(value.Text)).GroupBy(value => value.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().Text, StringComparer.Ordinal);
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, definition, _) in values.Where(value => Project().IsMatch(value.Text)).Take(MaxProjects))
        {
            var stated = File().Match(definition) is { Success: true } file ? file.Groups["path"].Value : name;
            if (Paths.Resolve(folder.Path, stated) is { } path && path != folder.Path && Paths.IsIn(path, folder.Path) && folder.Index.Below(path).Any()) paths[name] = path;
        }
        return [.. values.Where(value => paths.ContainsKey(value.Name)).DistinctBy(value => value.Name).Select(value => new SbtProject(paths[value.Name], WithShared(value.Text, shared, 0), DependsOn(value.Text, paths), TextLines.LineAt(text, value.At)))];
    }

    /// <summary>Each <c>val</c> of the text, up to the next.</summary>
    static IEnumerable<(string Name, string Text, int At)> Values(string text)
    {
        var starts = Value().Matches(text);
        for (var i = 0; i < starts.Count; i++)
        {
            var end = i + 1 < starts.Count ? starts[i + 1].Index : text.Length;
            yield return (starts[i].Groups["name"].Value, text[starts[i].Index..end], starts[i].Index);
        }
    }

    /// <summary>With the definitions of the values that it names.</summary>
    static string WithShared(string text, Dictionary<string, string> shared, int depth)
    {
        if (depth > MaxDepth || shared.Count == 0) return text;
        var words = Word().Matches(text).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        var own = shared.Where(pair => words.Contains(pair.Key) && !text.StartsWith(pair.Value, StringComparison.Ordinal)).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        var rest = shared.Where(pair => !words.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal);
        return string.Concat(own.Select(pair => WithShared(pair.Value, rest, depth + 1)).Prepend(text + "\n"));
    }

    static List<string> DependsOn(string text, Dictionary<string, string> paths) =>
        [.. Depends().Matches(text).SelectMany(match => Word().Matches(match.Groups["names"].Value)).Select(word => paths.GetValueOrDefault(word.Value)).OfType<string>().Distinct(StringComparer.Ordinal)];

    [GeneratedRegex(@"^\s{0,8}(lazy\s+)?val\s+`?(?<name>[\w-]{1,60})`?\s*(:[^=\n]{1,60})?=", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Value();

    [GeneratedRegex(@"=\s*\(?\s*(project\b|crossProject\()", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Project();

    [GeneratedRegex(@"\bfile\(\s*""(?<path>[^""]{1,200})""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex File();

    [GeneratedRegex(@"\.dependsOn\((?<names>[^()]{1,400})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Depends();

    [GeneratedRegex(@"[A-Za-z_][\w-]*", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
