using System.Collections.Concurrent;
using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Detectors;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology;

/// <summary>Asks every detector about every folder and keeps one answer for each: the most specific; the others become its alternatives.</summary>
static class Candidates
{
    static readonly IServiceDetector[] Detectors =
    [
        new DotnetDetector(), new PhpDetector(), new GoDetector(), new JvmDetector(), new RustDetector(), new RubyDetector(), new PythonDetector(),
        new DenoDetector(), new NodeDetector(), new NxDetector(), new NestDetector(), new OtherLanguagesDetector(), new StaticDetector(), new ShellDetector(),
    ];

    /// <summary>Fewer folders are asked sooner than threads are woken.</summary>
    const int WorthThreads = 200;

    /// <summary>Folders that a thread takes at once.</summary>
    const int AtOnce = 64;

    static readonly HashSet<string> Tests = new(StringComparer.OrdinalIgnoreCase) { "test", "tests", "__tests__", "spec", "specs", "e2e", "fixtures", "testdata", "__fixtures__", "cypress", "playwright", "mocks", "__mocks__", ".github", ".devcontainer", ".storybook" };

    /// <summary>Folders in which a server program keeps what a bundler makes into its pages.</summary>
    static readonly HashSet<string> Assets = new(StringComparer.OrdinalIgnoreCase) { "assets", "static", "resources", "ClientApp", "javascript", "js", "theme", "themes", "priv", "wwwroot", "webpack", "public" };

    static readonly HashSet<string> Beside = new(StringComparer.OrdinalIgnoreCase) { "example", "examples", "sample", "samples", "demo", "demos", "docs", "doc", "scripts", "tools", "benchmark", "benchmarks", "templates", "hack", "ci", "infra", "terraform", "migrations" };

    /// <summary>Services and libraries by folder; libraries are marked.</summary>
    public static List<Candidate> Find(FolderIndex index)
    {
        var found = InEach(index);
        if (found.Exists(other => !other.IsLibrary && !IsBeside(other)))
        {
            foreach (var candidate in found.Where(IsBeside)) candidate.Because(candidate.Folder.Path, null, "folder beside the product", Belief.BesideTheProduct);
        }
        // Where the product is a library, its documentation may well be served; its examples are still only examples.
        if (found.Exists(other => other.IsLibrary && other.Folder.Depth > 0 && !IsBeside(other)))
        {
            foreach (var candidate in found.Where(candidate => Array.Exists(candidate.Folder.Parts, part => part is "example" or "examples" or "sample" or "samples" or "demo" or "demos" or "benchmark" or "benchmarks"))) candidate.Because(candidate.Folder.Path, null, "folder beside the product", Belief.BesideTheProduct);
        }
        foreach (var candidate in found.Where(candidate => !candidate.IsLibrary && IsSharedManifest(candidate, found)).ToList()) candidate.IsLibrary = true;
        var programs = found.Where(candidate => !candidate.IsLibrary).ToLookup(candidate => candidate.Folder.Path, StringComparer.Ordinal);
        var kept = found.Where(candidate => !IsPartOfAnother(candidate, programs)).ToList();
        if (!kept.Exists(candidate => !candidate.IsLibrary && candidate.Folder.Depth > 0))
        {
            if (kept.FindAll(candidate => !candidate.IsLibrary) is [var only]) kept[kept.IndexOf(only)] = FileMixDetector.Compare(only);
            foreach (var candidate in kept.Where(candidate => candidate.Folder.Depth == 0 && candidate.Evidence.Count > 0)) candidate.Because(candidate.Evidence[0].File, null, "in the folder that was asked about", Belief.AskedFor);
        }
        return kept;
    }

    /// <summary>What is found in each folder, in the order of the folders; on all processors where there are many.</summary>
    static List<Candidate> InEach(FolderIndex index)
    {
        var here = new List<Candidate>?[index.Folders.Count];
        void AskOne(int i) => here[i] = In(index.Folders[i]);

        if (here.Length >= WorthThreads) Parallel.ForEach(Partitioner.Create(0, here.Length, AtOnce), range => { for (var i = range.Item1; i < range.Item2; i++) AskOne(i); });
        else for (var i = 0; i < here.Length; i++) AskOne(i);

        var found = new List<Candidate>();
        foreach (var some in here)
        {
            if (some is not null) found.AddRange(Settle(some));
        }
        return found;
    }

    /// <summary>What the detectors say of one folder; null for nothing, as of most.</summary>
    static List<Candidate>? In(Folder folder)
    {
        if (Array.Exists(folder.Parts, Tests.Contains)) return null;
        List<Candidate>? here = null;
        foreach (var detector in Detectors)
        {
            foreach (var candidate in detector.Detect(folder)) (here ??= []).Add(candidate);
        }
        return here;
    }

    /// <summary>One technology a folder; several programs of the same technology stay (two project files, web and worker).</summary>
    static IEnumerable<Candidate> Settle(List<Candidate> here)
    {
        var runnable = here.Where(one => !one.IsLibrary).ToList();
        if (runnable.Count == 0) return here.OrderByDescending(one => one.Rank).Take(1);
        // Functions that a platform runs beside the pages: the pages are the program.
        if (runnable.Exists(one => one.Rank == Rank.Node && one.Framework is not null)) runnable.RemoveAll(IsFunctions);
        var rank = runnable.Max(one => one.Rank);
        var kept = runnable.Where(one => one.Rank == rank).ToList();
        foreach (var other in here.Where(one => one.Rank != rank && one.Type != kept[0].Type).OrderByDescending(one => one.Rank))
        {
            // Half of what it would be alone: the other technology explains the same files.
            kept[0].Alternatives.Add(new(other.Type, Math.Round(Belief.Of(other.Evidence) / 2, 2), other.Evidence.FirstOrDefault()?.Signal ?? "its files are there"));
        }
        // What another technology brings here is still used by the program (the front end of a Rails program, the gems of a Jekyll site).
        foreach (var other in here.Where(one => one.Rank != rank)) kept[0].Libraries.AddRange(other.Libraries.Where(library => kept[0].Libraries.TrueForAll(known => known.Ecosystem != library.Ecosystem || known.Name != library.Name)));
        return kept;
    }

    /// <summary>Python of which nothing but files in <c>api</c> would be started, beside a vercel.json or Next: functions, one a file.</summary>
    static bool IsFunctions(Candidate one) =>
        one.Type == ServiceType.Python && (one.Folder.Has("vercel.json") || one.Folder.First("next.config.js", "next.config.mjs", "next.config.ts") is not null) &&
        one.Folder.With(".py").FirstOrDefault() is null && one.Evidence.Where(evidence => evidence.File.EndsWith(".py", StringComparison.Ordinal)).All(evidence => Paths.Inside(one.Folder.Path, evidence.File).StartsWith("api/", StringComparison.Ordinal));

    /// <summary>Scripts, pages and assets below a program are its parts, whatever they would be alone.</summary>
    static bool IsPartOfAnother(Candidate candidate, ILookup<string, Candidate> programs)
    {
        foreach (var other in Paths.Above(candidate.Folder.Path).SelectMany(path => programs[path]))
        {
            if (candidate.Rank <= Rank.ScriptWithoutManifest && (candidate.Rank < Rank.ScriptWithoutManifest || candidate.Type == other.Type || other.Rank > Rank.ScriptWithoutManifest && !HasOwnDockerfile(candidate))) return true;
            var inside = Paths.Inside(other.Folder.Path, candidate.Folder.Path);
            if (candidate.Type is ServiceType.Nodejs or ServiceType.Bun && other.Type is ServiceType.Elixir or ServiceType.Php or ServiceType.Ruby or ServiceType.Dotnet && inside.Split('/').Any(Assets.Contains) && (candidate.StartCommand is null || candidate.OutputPath is not null || inside.Contains("ClientApp", StringComparison.OrdinalIgnoreCase))) return true;
            if (candidate.Rank == Rank.Node && other.Rank == Rank.Jvm && (inside.StartsWith("src/main/", StringComparison.Ordinal) || IsBuiltInto(other.Folder, inside))) return true;
            if (candidate.Type == other.Type && candidate.Type is ServiceType.Php or ServiceType.Go or ServiceType.Python && candidate.PackageManager is null && !candidate.Evidence.Exists(one => one.File.EndsWith("go.mod", StringComparison.Ordinal))) return true;
        }
        return false;
    }

    /// <summary>A build of the JVM that runs the package manager of a folder below and packs what comes out.</summary>
    static bool IsBuiltInto(Folder program, string inside) =>
        program.File("pom.xml") is { } pom && pom.Mentions("frontend-maven-plugin") && (pom.Mentions($"{inside}</workingDirectory>") || pom.Mentions($"{inside}/</workingDirectory>")) ||
        program.First("build.gradle", "build.gradle.kts") is { } build && (build.Mentions("com.github.node-gradle") || build.Mentions("com.moowork.node")) && (build.Mentions($"/{inside}\"") || build.Mentions($"/{inside}'") || build.Mentions($"\"{inside}\"") || build.Mentions($"'{inside}'"));

    /// <summary>A manifest with nothing to start, above programs of its language that have manifests or images of their own: it only says what they share, or what is trained and tested beside them.</summary>
    static bool IsSharedManifest(Candidate candidate, List<Candidate> all)
    {
        if (candidate.StartCommand is not null || candidate.Type != ServiceType.Python || Dockerfiles.Has(candidate.Folder)) return false;
        var below = all.Where(other => other != candidate && other.Type == candidate.Type && other.StartCommand is not null && !other.IsLibrary && other.Folder.Path != candidate.Folder.Path && Paths.IsIn(other.Folder.Path, candidate.Folder.Path) && !IsBeside(other)).ToList();
        return below.Count(other => Dockerfiles.Has(other.Folder)) > 1 || below.Exists(other => other.PackageManager is not null);
    }

    static bool IsBeside(Candidate candidate) => Array.Exists(candidate.Folder.Parts, Beside.Contains);

    static bool HasOwnDockerfile(Candidate candidate) => Dockerfiles.Has(candidate.Folder);
}
