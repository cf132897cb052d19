using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>
/// The last resort for a folder in which no manifest, no Dockerfile and no entry file says anything: the language that most of its
/// files are written in. Asked about the whole folder only, and scored low, so that a person decides.
/// </summary>
static class FileMixDetector
{
    /// <summary>A language: its type, the extensions of its program text, and how a single file of it is run (<c>{file}</c> is that file; null when it must be built by something unknown).</summary>
    sealed class Language(ServiceType type, string[] extensions, string? run = null)
    {
        public ServiceType Type => type;
        public string[] Extensions => extensions;
        public string? Run => run;
    }

    static readonly Language[] Languages =
    [
        new(ServiceType.Php, [".php", ".phtml"], "php -S 0.0.0.0:80 -t ."),
        new(ServiceType.Python, [".py", ".ipynb"], "python {file}"),
        new(ServiceType.Ruby, [".rb", ".ru"], "ruby {file}"),
        new(ServiceType.Go, [".go"], "go run ."),
        new(ServiceType.Kotlin, [".kt", ".kts"]),
        new(ServiceType.Scala, [".scala", ".sc"]),
        new(ServiceType.Clojure, [".clj", ".cljs", ".cljc"]),
        new(ServiceType.Java, [".java", ".jsp", ".jar", ".war"], "java {file}"),
        new(ServiceType.Fsharp, [".fs", ".fsx"]),
        new(ServiceType.Vb, [".vb"]),
        new(ServiceType.Dotnet, [".cs", ".cshtml", ".razor"], "dotnet run {file}"),
        new(ServiceType.Rust, [".rs"]),
        new(ServiceType.Elixir, [".ex", ".exs"], "elixir {file}"),
        new(ServiceType.Gleam, [".gleam"]),
        new(ServiceType.Haskell, [".hs", ".lhs"], "runghc {file}"),
        new(ServiceType.Swift, [".swift"], "swift {file}"),
        new(ServiceType.Crystal, [".cr"], "crystal run {file}"),
        new(ServiceType.Zig, [".zig"], "zig run {file}"),
        new(ServiceType.Dart, [".dart"], "dart run {file}"),
        new(ServiceType.Cpp, [".c", ".cc", ".cpp", ".cxx"]),
        new(ServiceType.Cobol, [".cbl", ".cob", ".cobol"]),
        new(ServiceType.Scheme, [".scm", ".rkt", ".ss"]),
        new(ServiceType.Nodejs, [".js", ".mjs", ".cjs", ".ts", ".mts"], "node {file}"),
        new(ServiceType.Static, [".html", ".htm"]),
        new(ServiceType.Shell, [".sh", ".bash"], "sh {file}"),
    ];

    const int MaxFiles = 20_000;

    static readonly Dictionary<string, Language> ByExtension = Languages.SelectMany(language => language.Extensions, (language, extension) => (language, extension)).ToDictionary(pair => pair.extension, pair => pair.language, StringComparer.Ordinal);

    static readonly string[] EntryNames = ["main", "app", "server", "index", "start", "run", "program", "hello", "helloworld", "hello-world", "hello_world"];

    static readonly HashSet<string> Aside = new(StringComparer.OrdinalIgnoreCase) { "test", "tests", "__tests__", "spec", "specs", "docs", "doc", "examples", "fixtures", "testdata", "scripts", "tools", ".github" };

    /// <summary>
    /// What a folder's only finding is worth beside the files that lie there. A <c>package.json</c> that only builds the assets of a
    /// program in another language is not that program; any other finding whose language is in the minority loses some belief.
    /// </summary>
    /// <returns>What stands for the folder: the finding, or the program of the other language with the finding as its alternative.</returns>
    public static Candidate Compare(Candidate found)
    {
        if (found.Rank <= Rank.ShellScript || found.Type == ServiceType.Static || Detect(found.Folder) is not { } mix || mix.Type is ServiceType.Static or ServiceType.Shell || Family(mix.Type) == Family(found.Type)) return found;
        var assetsOnly = found.Rank == Rank.Node && (found.OutputPath is not null || found.StartCommand is null);
        if (mix.Evidence[0].Weight < Belief.FileMix * Majority || mix.Type == ServiceType.Nodejs) return found;
        if (!assetsOnly)
        {
            found.Because(mix.Evidence[0].File, null, $"most program files are {mix.Type.Word()}", Belief.OtherFiles);
            if (!found.Alternatives.Exists(other => other.Type == mix.Type)) found.Alternatives.Add(new(mix.Type, mix.Evidence[0].Weight, mix.Evidence[0].Signal));
            return found;
        }
        mix.Libraries.AddRange(found.Libraries);
        mix.Alternatives.Insert(0, new(found.Type, Math.Round(Belief.Of(found.Evidence) / 2, 2), "package.json, which only builds assets"));
        return mix;
    }

    const double Majority = 0.6;

    static ServiceType Family(ServiceType type) => type switch
    {
        ServiceType.Kotlin or ServiceType.Scala or ServiceType.Clojure => ServiceType.Java,
        ServiceType.Fsharp or ServiceType.Vb => ServiceType.Dotnet,
        ServiceType.Bun or ServiceType.Deno => ServiceType.Nodejs,
        _ => type,
    };

    /// <summary>What the folder as a whole is by its files, or null when it holds no program text.</summary>
    public static Candidate? Detect(Folder root)
    {
        var byLanguage = new Dictionary<Language, List<SnapshotFile>>();
        foreach (var file in root.Below.Take(MaxFiles))
        {
            if (!ByExtension.TryGetValue(file.Extension, out var language) || file.Folder.Split('/').Any(Aside.Contains)) continue;
            if (!byLanguage.TryGetValue(language, out var own)) byLanguage[language] = own = [];
            own.Add(file);
        }
        var counts = Languages.Where(byLanguage.ContainsKey).Select(language => (Language: language, Files: byLanguage[language])).ToList();
        // A script that asks for modules or opens a port is no page's.
        var programs = counts.Exists(one => one.Language.Type == ServiceType.Nodejs && one.Files.Exists(file => file.Mentions("require(") || file.Mentions("process.env") || file.Mentions("module.exports") || file.Mentions(".listen(")));
        // Pages bring scripts along, and programs bring pages along.
        if (counts.Exists(one => one.Language.Type == ServiceType.Static))
            counts.RemoveAll(one => counts.Exists(other => other.Language.Type is not (ServiceType.Static or ServiceType.Shell or ServiceType.Nodejs)) ? one.Language.Type is ServiceType.Static or ServiceType.Nodejs : one.Language.Type == (programs ? ServiceType.Static : ServiceType.Nodejs));
        if (counts.Count > 1) counts.RemoveAll(one => one.Language.Type == ServiceType.Shell);
        if (counts.Count == 0) return null;

        var total = counts.Sum(one => one.Files.Count);
        var ordered = counts.OrderByDescending(one => one.Files.Count).ToList();
        var (best, theirs) = ordered[0];
        var entry = theirs.OrderBy(file => file.Path.Count(c => c == '/')).ThenBy(Preference).ThenBy(file => file.Path, StringComparer.Ordinal).First();
        var service = new Candidate(root, best.Type, Rank.FileMix)
        {
            StartCommand = theirs.Count == 1 || Preference(entry) < EntryNames.Length ? best.Run?.Replace("{file}", entry.Path, StringComparison.Ordinal) : null,
            OutputPath = best.Type == ServiceType.Static ? entry.Folder : null,
        };
        if (best.Type == ServiceType.Java && entry.Extension is ".jar") service.StartCommand = $"java -jar {entry.Path}";
        if (best.Type is ServiceType.Static or ServiceType.Php) (service.Port, service.Listens) = (80, true);
        var share = (double)theirs.Count / total;
        service.Because(entry, null, $"{theirs.Count} of {total} program files are {best.Type.Word()}", Math.Round(Belief.FileMix * share, 2, MidpointRounding.AwayFromZero));
        if (Preference(entry) < EntryNames.Length) service.Because(entry, null, $"named {entry.Name}", Belief.Sign);
        foreach (var (other, files) in ordered.Skip(1).Take(3))
            service.Alternatives.Add(new(other.Type, Math.Round(Belief.FileMix * files.Count / total, 2, MidpointRounding.AwayFromZero), $"{files.Count} of {total} program files"));
        return service;
    }

    static int Preference(SnapshotFile file)
    {
        var at = Array.IndexOf(EntryNames, System.IO.Path.GetFileNameWithoutExtension(file.Name).ToLowerInvariant());
        return at < 0 ? EntryNames.Length : at;
    }
}
