using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
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
    sealed record Language(ServiceType Type, string[] Manifests, string[] Sources, string? Manager, string? Build, string? Start, double Weight = 0.8);

    static readonly Language[] Languages =
    [
        new(ServiceType.Elixir, ["mix.exs"], [], "mix", "mix deps.get && mix compile", "mix run --no-halt"),
        new(ServiceType.Gleam, ["gleam.toml"], [], "gleam", "gleam export erlang-shipment", "gleam run"),
        new(ServiceType.Haskell, ["stack.yaml", "package.yaml", ".cabal"], [".hs"], "stack", "stack build", "stack run"),
        new(ServiceType.Swift, ["Package.swift"], [], "swiftpm", "swift build -c release", "swift run -c release"),
        new(ServiceType.Crystal, ["shard.yml"], [], "shards", "shards build --release", "./bin/{name}"),
        new(ServiceType.Zig, ["build.zig", ".zig"], [], null, "zig build -Doptimize=ReleaseSafe", "./zig-out/bin/{name}"),
        new(ServiceType.Dart, ["pubspec.yaml"], [], "pub", "dart compile exe bin/main.dart -o app", "./app"),
        new(ServiceType.Cpp, ["CMakeLists.txt"], [], "cmake", "cmake -B build && cmake --build build", "./build/{name}"),
        new(ServiceType.Cpp, ["meson.build"], [], "meson", "meson setup build && meson compile -C build", "./build/{name}"),
        new(ServiceType.Cpp, ["Makefile"], [".c", ".cc", ".cpp"], "make", "make", "./{name}", 0.6),
        new(ServiceType.Cobol, [".cbl", ".cob"], [], null, "cobc -x -o app index.cbl", "./app"),
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
        var service = new Candidate(folder, language.Type, language.Type == ServiceType.Elixir ? Rank.Elixir : manifest.Name == "Makefile" ? Rank.MakefileOnly : Rank.OtherLanguage)
        {
            PackageManager = language.Manager,
            BuildCommand = language.Build,
            StartCommand = language.Start?.Replace("{name}", Slug.Of(folder.Name), StringComparison.Ordinal),
        };
        service.Because(manifest, null, manifest.Name, language.Weight);
        switch (language.Type)
        {
            case ServiceType.Elixir:
                Elixir(folder, service, manifest);
                break;
            case ServiceType.Scheme:
                (service.OutputPath, service.Port, service.Listens) = ("site", 80, true);
                break;
            case ServiceType.Dart when manifest.Mentions("sdk: flutter"):
                service.Framework = "flutter";
                break;
            case ServiceType.Swift when manifest.Mentions("vapor"):
                (service.Framework, service.DefaultPort, service.Listens) = ("vapor", 8080, true);
                break;
        }
        return service;
    }

    static void Elixir(Folder folder, Candidate service, SnapshotFile manifest)
    {
        var number = 0;
        foreach (var line in manifest.Text?.Split('\n') ?? [])
        {
            number++;
            var text = line.Trim();
            if (text.StartsWith("{:", StringComparison.Ordinal) && text.IndexOf(',') is > 2 and var comma) service.Libraries.Add(new("hex", text[2..comma].Trim(), manifest.Path, number));
            if (text.StartsWith("elixir:", StringComparison.Ordinal) && text.Split('"') is [_, var version, ..]) service.Version = version;
        }
        service.Version = folder.File(".elixir-version").FirstWord() ?? ToolVersions.Of(folder, "elixir") ?? service.Version;
        if (!service.Uses("phoenix")) return;
        (service.Framework, service.DefaultPort, service.Listens, service.StartCommand) = ("phoenix", 4000, true, "mix phx.server");
        service.Because(manifest, manifest.LineOf(":phoenix"), "framework phoenix", Belief.Framework);
    }

    static SnapshotFile? Manifest(Folder folder, Language language) =>
        language.Manifests.Select(name => name[0] == '.' ? folder.With(name).FirstOrDefault() : folder.File(name)).FirstOrDefault(file => file is not null);

    static IEnumerable<Folder> Above(Folder folder)
    {
        for (var at = folder.Path; at != ".";)
        {
            at = Paths.Parent(at);
            yield return new(folder.Index, at);
        }
    }
}
