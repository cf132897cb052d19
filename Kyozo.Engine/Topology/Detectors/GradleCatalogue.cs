using System.Text.RegularExpressions;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>What the names of a Gradle version catalogue (<c>libs.spring.kafka</c>, <c>alias(libs.plugins.ktor)</c>) stand for, and what a build says for all of its subprojects.</summary>
static partial class GradleCatalogue
{
    /// <summary>Artifacts and identifiers of plugins that a build names by the catalogue above it.</summary>
    /// <param name="folder">The build's folder.</param>
    /// <param name="text">Its text.</param>
    public static IEnumerable<(string Name, bool IsPlugin, int Line)> Resolve(Folder folder, string text)
    {
        if (!text.Contains("libs.", StringComparison.Ordinal) || Of(folder) is not { } catalogue) yield break;
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.Contains("apply false", StringComparison.Ordinal) || line.Contains("apply(false", StringComparison.Ordinal) || line.TrimStart().StartsWith("test", StringComparison.Ordinal)) continue;
            foreach (Match match in Use().Matches(line))
            {
                var name = match.Groups["name"].Value.TrimEnd('.');
                if (name.EndsWith(".get", StringComparison.Ordinal)) name = name[..^4];
                if (name.StartsWith("plugins.", StringComparison.Ordinal))
                {
                    if (Find(catalogue, "plugins", name[8..]) is { } plugin) yield return (Part(plugin, "id"), true, number);
                }
                else if (name.StartsWith("bundles.", StringComparison.Ordinal))
                {
                    foreach (var one in Find(catalogue, "bundles", name[8..])?.Strings ?? [])
                    {
                        if (Find(catalogue, "libraries", one) is { } library) yield return (Artifact(library), false, number);
                    }
                }
                else if (Find(catalogue, "libraries", name) is { } library) yield return (Artifact(library), false, number);
            }
        }
    }

    /// <summary>The text that a build above says for all of its subprojects.</summary>
    public static string ForSubprojects(Folder folder)
    {
        for (var at = folder.Path; at != ".";)
        {
            at = Paths.Parent(at);
            var above = new Folder(folder.Index, at);
            if (above.First("settings.gradle", "settings.gradle.kts") is null || above.First("build.gradle", "build.gradle.kts")?.Text is not { } text) continue;
            return string.Concat(from word in (string[])["subprojects", "allprojects"] select Block(text, word));
        }
        return "";
    }

    static string Block(string text, string word)
    {
        if (text.IndexOf(word, StringComparison.Ordinal) is not (>= 0 and var at) || text.IndexOf('{', at) is not (>= 0 and var open)) return "";
        var depth = 0;
        for (var i = open; i < text.Length; i++)
        {
            depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
            if (depth == 0) return text[open..i] + "\n";
        }
        return "";
    }

    static TomlText? Of(Folder folder)
    {
        for (var at = folder.Path; ; at = Paths.Parent(at))
        {
            if (folder.Index.Toml(folder.Index.File(Paths.Join(at, "gradle/libs.versions.toml"))) is { } catalogue) return catalogue;
            if (at == ".") return null;
        }
    }

    static TomlText.Entry? Find(TomlText catalogue, string table, string name) => catalogue.Table(table).FirstOrDefault(entry => Plain(entry.Key.Split('.')[0]) == Plain(name));

    static string Plain(string name) => name.Replace('-', '.').Replace('_', '.').ToLowerInvariant();

    /// <summary><c>{ module = "group:artifact", … }</c>, <c>{ group = "…", name = "artifact" }</c> or <c>"group:artifact:version"</c>.</summary>
    static string Artifact(TomlText.Entry library)
    {
        var coordinate = Part(library, "module");
        return coordinate.Split(':') is [_, var artifact, ..] ? artifact : Part(library, "name");
    }

    static string Part(TomlText.Entry entry, string key) => PartOf(key).Match(entry.Value) is { Success: true } match ? match.Groups["value"].Value : entry.Strings.FirstOrDefault() ?? "";

    static Regex PartOf(string key) => key switch { "module" => Module(), "name" => Name(), _ => Id() };

    [GeneratedRegex(@"\blibs\.(?<name>[\w.]{2,100})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Use();

    [GeneratedRegex(@"\bmodule\s*=\s*[""'](?<value>[^""']{1,200})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Module();

    [GeneratedRegex(@"\bname\s*=\s*[""'](?<value>[^""']{1,200})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Name();

    [GeneratedRegex(@"\bid\s*=\s*[""'](?<value>[^""']{1,200})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Id();
}
