using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Languages of which a manifest, a way to build and a way to start say all: one row each.</summary>
sealed class OtherLanguagesDetector : IServiceDetector
{
    /// <param name="Type">What it is.</param>
    /// <param name="Manifests">File names, or extensions with their dot; the first that is there counts.</param>
    /// <param name="Sources">Extensions of which one must be found below, none when the manifest is enough.</param>
    /// <param name="Manager">Its package manager.</param>
    /// <param name="Build">How it is built.</param>
    /// <param name="Start">How it is started; <c>{name}</c> is the folder's name.</param>
    /// <param name="Weight">What the manifest alone weighs.</param>
    sealed record Language(ServiceType Type, string[] Manifests, string[] Sources, string? Manager, string? Build, string? Start, double Weight = Belief.ProgramManifest);

    static readonly Language[] Languages =
    [
        new(ServiceType.Elixir, ["mix.exs"], [], "mix", "mix deps.get && mix compile", "mix run --no-halt"),
        new(ServiceType.Gleam, ["gleam.toml"], [], "gleam", "gleam export erlang-shipment", "gleam run"),
        new(ServiceType.Haskell, ["stack.yaml", "package.yaml", ".cabal"], [".hs"], "stack", "stack build", "stack run"),
        new(ServiceType.Haskell, ["cabal.project", "Setup.hs"], [".hs"], "cabal", "cabal build", "cabal run", Belief.EntryFile),
        new(ServiceType.Swift, ["Package.swift"], [], "swiftpm", "swift build -c release", "swift run -c release"),
        new(ServiceType.Crystal, ["shard.yml"], [], "shards", "shards build --release", "./bin/{name}"),
        new(ServiceType.Zig, ["build.zig", ".zig"], [], null, "zig build -Doptimize=ReleaseSafe", "./zig-out/bin/{name}"),
        new(ServiceType.Dart, ["pubspec.yaml"], [], "pub", "dart compile exe bin/main.dart -o app", "./app"),
        new(ServiceType.Cpp, ["CMakeLists.txt"], [], "cmake", "cmake -B build && cmake --build build", "./build/{name}"),
        new(ServiceType.Cpp, ["meson.build"], [], "meson", "meson setup build && meson compile -C build", "./build/{name}"),
        new(ServiceType.Cpp, ["xmake.lua"], [".c", ".cc", ".cpp"], "xmake", "xmake", "./{name}"),
        new(ServiceType.Cpp, ["configure.ac", "configure"], [".c", ".cc", ".cpp"], "autotools", "./configure && make", "./{name}", Belief.EntryFile),
        new(ServiceType.Cpp, ["conanfile.txt", "conanfile.py", "vcpkg.json"], [".c", ".cc", ".cpp"], "conan", "conan build .", "./{name}", Belief.Manifest),
        new(ServiceType.Cpp, ["Makefile", "makefile", "GNUmakefile"], [".c", ".cc", ".cpp", ".cxx"], "make", "make", "./{name}", Belief.EntryFile),
        new(ServiceType.Cobol, [".cbl", ".cob", ".cobol"], [], null, "cobc -x -o app {file}", "./app"),
        new(ServiceType.Scheme, ["haunt.scm"], [], null, "haunt build", null),
    ];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        foreach (var language in Languages)
        {
            if (Manifest(folder, language) is not { } manifest) continue;
            if (language.Sources.Length > 0 && !folder.Below.Any(file => language.Sources.Contains(file.Extension))) continue;
            // Below another folder of the same language it is a part of that program.
            if (folder.Depth > 0 && Above(folder).Any(parent => Manifest(parent, language) is not null)) continue;
            yield return Create(folder, language, manifest);
            yield break;
        }
    }

    static Candidate Create(Folder folder, Language language, SnapshotFile manifest)
    {
        var all = Manifests(folder, language, manifest).ToList();
        var service = new Candidate(folder, language.Type, language.Type == ServiceType.Elixir ? Rank.Elixir : manifest.Name == "Makefile" ? Rank.MakefileOnly : Rank.OtherLanguage)
        {
            PackageManager = language.Manager,
            BuildCommand = language.Build?.Replace("{file}", manifest.Name, StringComparison.Ordinal),
            StartCommand = language.Start?.Replace("{name}", Slug.Of(folder.Name), StringComparison.Ordinal),
        };
        service.Because(manifest, null, $"{manifest.Name} of {language.Type.Word()}", language.Weight);
        switch (language.Type)
        {
            case ServiceType.Elixir:
                Elixir(folder, service, manifest);
                break;
            case ServiceType.Scheme:
                (service.OutputPath, service.Port, service.Listens) = ("site", 80, true);
                break;
            case ServiceType.Dart:
                Dart(folder, service, manifest);
                break;
            case ServiceType.Swift:
                Framework(service, [manifest], ("vapor", "vapor", 8080), ("hummingbird", "hummingbird", 8080), ("kitura", "kitura", 8080));
                break;
            case ServiceType.Crystal:
                Framework(service, [manifest], ("kemal", "kemal", 3000), ("lucky", "luckyframework", 3000), ("amber", "amberframework", 3000), ("athena", "athena", 3000));
                break;
            case ServiceType.Gleam:
                Framework(service, [manifest], ("wisp", "wisp", 8000), ("mist", "mist", 8000));
                break;
            case ServiceType.Haskell:
                Framework(service, all, ("yesod", "yesod", 3000), ("servant", "servant-server", 8080), ("scotty", "scotty", 3000), ("ihp", "ihp", 8000), ("warp", "warp", 3000));
                break;
            case ServiceType.Cpp:
                Framework(service, all, ("drogon", "Drogon", 8080), ("crow", "Crow", 18080), ("oatpp", "oatpp", 8000), ("pistache", "pistache", 9080), ("poco", "Poco", 8080), ("google-functions", "functions_framework", 8080));
                break;
        }
        Version(folder, service, manifest);
        // Below others a package without anything to run is one of theirs.
        if (folder.Depth > 0 && language.Type == ServiceType.Dart && service.Framework is null && !folder.Below.Any(file => file.Extension == ".dart" && Paths.IsIn(file.Path, Paths.Join(folder.Path, "bin")))) service.IsLibrary = true;
        if (folder.Depth > 0 && language.Type == ServiceType.Swift && service.Framework is null && !manifest.Mentions("executable")) service.IsLibrary = true;
        if (language.Type != ServiceType.Elixir) foreach (var one in Manifests(folder, language, manifest)) Libraries(service, one);
        return service;
    }

    /// <summary>Every word of the manifest that could be a package: what none is matches no client library.</summary>
    static void Libraries(Candidate service, SnapshotFile manifest)
    {
        var number = 0;
        foreach (var line in manifest.Text?.Split('\n') ?? [])
        {
            number++;
            foreach (var word in line.Split((char[])[' ', '\t', '\r', '"', '\'', ',', ':', '(', ')', '[', ']', '{', '}', '='], StringSplitOptions.RemoveEmptyEntries))
            {
                var name = word.EndsWith(".git", StringComparison.Ordinal) ? Paths.Last(word[..^4]) : word;
                // A package called after what it speaks to is known by its owner: vapor/redis.
                if (word.Contains("//", StringComparison.Ordinal) && word.TrimEnd('/').Split('/') is [.., var owner, var last] && ClientLibraries.Of(new("other", $"{owner}/{(last.EndsWith(".git", StringComparison.Ordinal) ? last[..^4] : last)}", manifest.Path, number)) is not null) name = $"{owner}/{(last.EndsWith(".git", StringComparison.Ordinal) ? last[..^4] : last)}";
                if (ClientLibraries.Of(new("other", name, manifest.Path, number)) is not null) service.Libraries.Add(new("other", name, manifest.Path, number));
            }
        }
    }

    /// <summary>The first framework whose package the manifest names.</summary>
    static void Framework(Candidate service, List<SnapshotFile> manifests, params ReadOnlySpan<(string Name, string Sign, int Port)> frameworks)
    {
        foreach (var (name, sign, port) in frameworks)
        {
            if (manifests.Find(one => one.Mentions(sign)) is not { } manifest) continue;
            (service.Framework, service.DefaultPort, service.Listens) = (name, port, true);
            service.Because(manifest, manifest.LineOf(sign), $"framework {name}", Belief.Framework);
            return;
        }
    }

    static void Dart(Folder folder, Candidate service, SnapshotFile manifest)
    {
        if (manifest.Mentions("sdk: flutter"))
        {
            (service.Framework, service.StartCommand) = ("flutter", null);
            if (folder.Has("web/index.html")) (service.BuildCommand, service.OutputPath, service.Port, service.Listens) = ("flutter build web", "build/web", 80, true);
            return;
        }
        Framework(service, [manifest], ("dart_frog", "dart_frog", 8080), ("serverpod", "serverpod", 8080), ("shelf", "shelf", 8080), ("google-functions", "functions_framework", 8080));
        if (folder.First("bin/server.dart", "bin/main.dart", $"bin/{folder.Name}.dart") is { } entry) service.BuildCommand = $"dart compile exe bin/{entry.Name} -o app";
        if (service.Framework == "dart_frog") (service.BuildCommand, service.StartCommand) = ("dart_frog build", "dart build/bin/server.dart");
    }

    /// <summary>Language versions where these manifests and version managers keep them.</summary>
    static void Version(Folder folder, Candidate service, SnapshotFile manifest)
    {
        service.Version ??= service.Type switch
        {
            ServiceType.Swift => folder.File(".swift-version").FirstWord() ?? (manifest.Text?.Split('\n')[0] is { } first && first.Contains("swift-tools-version", StringComparison.Ordinal) ? first[(first.LastIndexOf(':') + 1)..].Trim() : null),
            ServiceType.Crystal => folder.File(".crystal-version").FirstWord() ?? ToolVersions.Of(folder, "crystal") ?? folder.Index.Yaml(manifest)?["crystal"]?.Scalar,
            ServiceType.Dart => ToolVersions.Of(folder, "dart", "flutter") ?? folder.Index.Yaml(manifest)?["environment"]?["sdk"]?.Scalar,
            ServiceType.Gleam => ToolVersions.Of(folder, "gleam") ?? folder.Index.Toml(manifest)?.Find("", "gleam")?.Text,
            ServiceType.Haskell => ToolVersions.Of(folder, "ghc", "haskell") ?? folder.Index.Yaml(folder.File("stack.yaml"))?["resolver"]?.Scalar,
            ServiceType.Zig => folder.File(".zigversion").FirstWord() ?? ToolVersions.Of(folder, "zig"),
            _ => null,
        };
    }

    static void Elixir(Folder folder, Candidate service, SnapshotFile manifest)
    {
        // An umbrella runs its applications together: what each depends on it depends on.
        if (manifest.Mentions("apps_path:"))
        {
            foreach (var inner in folder.Below.Where(file => file.Name == "mix.exs" && file != manifest)) Packages(service, inner);
        }
        Packages(service, manifest);
        service.Version = folder.File(".elixir-version").FirstWord() ?? ToolVersions.Of(folder, "elixir") ?? service.Version;
        if (!service.Uses("phoenix")) return;
        (service.Framework, service.DefaultPort, service.Listens, service.StartCommand) = ("phoenix", 4000, true, "mix phx.server");
        var library = service.Libraries.Find(one => one.Name == "phoenix")!;
        service.Because(library.File, library.Line, "framework phoenix", Belief.Framework);
    }

    static void Packages(Candidate service, SnapshotFile manifest)
    {
        var number = 0;
        foreach (var line in manifest.Text?.Split('\n') ?? [])
        {
            number++;
            var text = line.Trim();
            for (var open = text.IndexOf("{:", StringComparison.Ordinal); open >= 0; open = text.IndexOf("{:", open + 2, StringComparison.Ordinal))
            {
                if (text.IndexOf(',', open) is > 0 and var comma && text[(open + 2)..comma].Trim() is { Length: > 0 } name) service.Libraries.Add(new("hex", name, manifest.Path, number));
            }
            if (text.StartsWith("elixir:", StringComparison.Ordinal) && text.Split('"') is [_, var version, ..]) service.Version = version;
        }
    }

    /// <summary>Every manifest of the language in the folder, and those that say what a C++ program is built with: each may name what the others do not.</summary>
    static IEnumerable<SnapshotFile> Manifests(Folder folder, Language language, SnapshotFile manifest)
    {
        string[] more = language.Type == ServiceType.Cpp ? ["vcpkg.json", "conanfile.txt", "conanfile.py", "src/CMakeLists.txt"] : language.Type == ServiceType.Haskell ? ["package.yaml", "stack.yaml", "cabal.project", ".cabal"] : [];
        return more.Select(name => name[0] == '.' ? folder.With(name).FirstOrDefault() : folder.File(name)).OfType<SnapshotFile>().Where(file => file.Text is not null).Prepend(manifest).Distinct();
    }

    static SnapshotFile? Manifest(Folder folder, Language language)
    {
        foreach (var name in language.Manifests)
        {
            if ((name[0] == '.' ? folder.With(name).FirstOrDefault() : folder.File(name)) is { } file) return file;
        }
        return null;
    }

    static IEnumerable<Folder> Above(Folder folder)
    {
        for (var at = folder.Path; at != ".";)
        {
            at = Paths.Parent(at);
            yield return new(folder.Index, at);
        }
    }
}
