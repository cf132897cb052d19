using System.Text.RegularExpressions;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology;

/// <summary>
/// Finds the libraries of the same folder that a program is built from: packages of the workspace by their names, and folders that a
/// manifest names by a path. A change there is a change of the program, and what they depend on the program depends on.
/// </summary>
static partial class SharedFolders
{
    const int MaxDepth = 8;

    public static void Apply(FolderIndex index, List<Candidate> candidates)
    {
        DependedOn(index, candidates);
        var libraries = candidates.Where(candidate => candidate.IsLibrary && candidate.Folder.Depth > 0).ToList();
        if (libraries.Count == 0) return;
        var byFolder = libraries.DistinctBy(library => library.Folder.Path).ToDictionary(library => library.Folder.Path, StringComparer.Ordinal);
        var byName = new Dictionary<string, Candidate>(StringComparer.Ordinal);
        foreach (var library in libraries)
        {
            // Packages of Node.js are followed by their detector already.
            if (library.Rank != Rank.Node && NameOf(index, library.Folder) is { Length: > 0 } name) byName.TryAdd(name, library);
        }
        foreach (var program in candidates.Where(candidate => !candidate.IsLibrary)) Follow(program, program, [], 0);

        void Follow(Candidate program, Candidate from, HashSet<string> seen, int depth)
        {
            if (depth > MaxDepth) return;
            foreach (var library in Named(from).Concat(Written(from)).Distinct().ToList())
            {
                if (library == from || library.Folder.Path == program.Folder.Path || !seen.Add(library.Folder.Path)) continue;
                program.References.Add(library.Folder.Path);
                Follow(program, library, seen, depth + 1);
                program.Libraries.AddRange(library.Libraries.Where(one => one.Ecosystem != "npm-dev" && !program.Libraries.Contains(one)));
            }
        }

        IEnumerable<Candidate> Named(Candidate from) => from.Libraries.Select(one => byName.GetValueOrDefault(one.Name)).OfType<Candidate>();

        IEnumerable<Candidate> Written(Candidate from) => PathsIn(from.Folder).Select(path => byFolder.GetValueOrDefault(path)).OfType<Candidate>();
    }

    /// <summary>A package that others of the workspace depend on, without a script that starts it and without a port, is a library, whatever its text reads.</summary>
    static void DependedOn(FolderIndex index, List<Candidate> candidates)
    {
        foreach (var candidate in candidates.Where(one => !one.IsLibrary && one.Folder.Depth > 0 && one.Rank == Rank.Node && one.StartText is null && one.OutputPath is null && !one.Folder.Has("Dockerfile")))
        {
            if (NameOf(index, candidate.Folder) is not { } name || !candidates.Exists(other => other != candidate && other.Uses(name))) continue;
            candidate.IsLibrary = !candidate.Folder.Below.Any(file => file.Listens());
        }
    }

    /// <summary>What a package of a workspace calls itself.</summary>
    static string? NameOf(FolderIndex index, Folder folder) =>
        (index.Json(folder.File("package.json")) is { ValueKind: System.Text.Json.JsonValueKind.Object } package ? package.Text("name") : null) ??
        index.Toml(folder.File("Cargo.toml"))?.Find("package", "name")?.Text ??
        (index.Toml(folder.File("pyproject.toml")) is { } python ? python.Find("project", "name")?.Text ?? python.Find("tool.poetry", "name")?.Text : null) ??
        index.Xml(folder.File("pom.xml"))?.Root?.Elements().FirstOrDefault(element => element.Name.LocalName == "artifactId")?.Value;

    static IEnumerable<string> PathsIn(Folder folder)
    {
        foreach (var file in folder.Files.Where(file => file.Text is not null && file.Name is "package.json" or "requirements.txt" or "pyproject.toml" or "Cargo.toml" or "go.mod" or "Gemfile" or "composer.json" or "pubspec.yaml" or "mix.exs" or "Package.swift"))
        {
            // Scripts of a package.json go to other folders for other reasons.
            foreach (Match match in (file.Name == "package.json" ? PackagePath() : ManifestPath()).Matches(file.Text!))
            {
                if (Paths.Resolve(folder.Path, match.Groups["path"].Value.TrimEnd('/')) is { } path) yield return path;
            }
        }
        foreach (var build in folder.Files.Where(file => file.Name is "build.gradle" or "build.gradle.kts" && file.Text is not null))
        {
            foreach (Match match in GradleProject().Matches(build.Text!)) yield return match.Groups["path"].Value.TrimStart(':').Replace(':', '/');
        }
    }

    [GeneratedRegex(@"(file|link|portal):(?<path>\.{1,2}/[\w./-]{1,200})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PackagePath();

    [GeneratedRegex(@"(?<![\w/.-])(?<path>\.\./[\w./-]{1,200})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ManifestPath();

    [GeneratedRegex(@"\bproject\(\s*(path\s*[:=]\s*)?[""'](?<path>:[\w:.-]{1,200})[""']", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex GradleProject();
}
