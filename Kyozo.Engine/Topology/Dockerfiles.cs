using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology;

/// <summary>Joins Dockerfiles with the programs beside them, and makes services of those that stand alone.</summary>
static class Dockerfiles
{
    /// <summary>Official image of a language → type.</summary>
    static readonly (string Image, ServiceType Type)[] Languages =
    [
        ("node", ServiceType.Nodejs), ("bun", ServiceType.Bun), ("deno", ServiceType.Deno), ("python", ServiceType.Python), ("golang", ServiceType.Go), ("ruby", ServiceType.Ruby), ("php", ServiceType.Php), ("rust", ServiceType.Rust),
        ("openjdk", ServiceType.Java), ("eclipse-temurin", ServiceType.Java), ("maven", ServiceType.Java), ("gradle", ServiceType.Java), ("amazoncorretto", ServiceType.Java), ("tomcat", ServiceType.Java), ("elixir", ServiceType.Elixir),
        ("aspnet", ServiceType.Dotnet), ("sdk", ServiceType.Dotnet), ("runtime", ServiceType.Dotnet), ("swift", ServiceType.Swift), ("dart", ServiceType.Dart), ("haskell", ServiceType.Haskell), ("crystal", ServiceType.Crystal), ("clojure", ServiceType.Clojure),
        ("uv", ServiceType.Python), ("miniconda3", ServiceType.Python), ("composer", ServiceType.Php), ("gcc", ServiceType.Cpp), ("uvicorn-gunicorn-fastapi", ServiceType.Python), ("frankenphp", ServiceType.Php), ("sbt", ServiceType.Scala), ("hugo", ServiceType.Static), ("chef", ServiceType.Rust), ("cargo-chef", ServiceType.Rust), ("rust-musl-builder", ServiceType.Rust), ("ghc", ServiceType.Haskell), ("stack-build", ServiceType.Haskell), ("zig", ServiceType.Zig), ("gleam", ServiceType.Gleam), ("erlang", ServiceType.Elixir), ("kotlin", ServiceType.Kotlin), ("scala", ServiceType.Scala), ("jruby", ServiceType.Ruby), ("pypy", ServiceType.Python), ("anaconda3", ServiceType.Python), ("micromamba", ServiceType.Python), ("jetty", ServiceType.Java), ("wildfly", ServiceType.Java), ("open-liberty", ServiceType.Java), ("wordpress", ServiceType.Php), ("zulu-openjdk", ServiceType.Java), ("liberica-openjdk-alpine", ServiceType.Java), ("corretto", ServiceType.Java), ("passenger-ruby", ServiceType.Ruby), ("jekyll", ServiceType.Static), ("flutter", ServiceType.Dart), ("nodejs", ServiceType.Nodejs), ("gnucobol", ServiceType.Cobol),
    ];

    /// <summary>The Dockerfile of a folder: the plain name, or the only one.</summary>
    public static SnapshotFile? Of(Folder folder)
    {
        if (folder.First("Dockerfile", "Containerfile", "dockerfile") is { } plain) return plain;
        var named = folder.Files.Where(file => FileInterest.IsDockerfile(file.Name) && file.Name != "Dockerfile.dockerignore").Take(2).ToList();
        return named.Count == 1 ? named[0] : null;
    }

    /// <summary>Whether somebody makes an image of just this folder.</summary>
    public static bool Has(Folder folder) => folder.First("Dockerfile", "Containerfile", "dockerfile") is not null;

    /// <summary>Attaches Dockerfiles to the programs found; adds a service for each that stands where nothing else was found.</summary>
    public static void Attach(FolderIndex index, List<Candidate> candidates)
    {
        foreach (var folder in index.Folders)
        {
            if (Of(folder) is not { } file) continue;
            var here = candidates.Where(candidate => candidate.Folder.Path == folder.Path).ToList();
            // The root of a workspace whose image is made of one of its members.
            if (here.Count > 0 && here.TrueForAll(one => one.IsLibrary && one.StartCommand is null) && candidates.Where(one => !one.IsLibrary && one.Type == here[0].Type && one.Folder.Path != folder.Path && Paths.IsIn(one.Folder.Path, folder.Path)).Skip(1).Any()) continue;
            if (here.Count > 0 && (here.Exists(one => !one.IsLibrary) || folder.Depth == 0))
            {
                foreach (var candidate in here.Where(one => !one.IsLibrary || folder.Depth == 0)) Apply(candidate, file);
            }
            else if (!IsHelper(folder) && !candidates.Exists(candidate => !candidate.IsLibrary && candidate.Folder.Path != "." && Paths.IsIn(folder.Path, candidate.Folder.Path) && folder.Path != candidate.Folder.Path))
            {
                if (FromDockerfile(folder, file) is not { } alone) continue;
                var programs = candidates.Where(one => !one.IsLibrary && one.Folder.Path != folder.Path && Paths.IsIn(one.Folder.Path, folder.Path) && !Has(one.Folder)).ToList();
                if (here.Count == 0 && programs.Count > 1 && Builds(folder, file, alone, programs)) continue;
                if (here.Count == 0 && programs is [var inner] && inner.Type == alone.Type && inner.PackageManager is null)
                {
                    // Pages or scripts below, the image above: one program.
                    alone.Libraries.AddRange(inner.Libraries);
                    (alone.Framework, alone.DefaultPort, alone.Listens) = (inner.Framework, inner.DefaultPort, alone.Listens ?? inner.Listens);
                    alone.Evidence.AddRange(inner.Evidence);
                    candidates.Remove(inner);
                }
                if (here.Count > 0 && programs is [var built] && built.Type == here[0].Type && built.PackageManager == here[0].PackageManager)
                {
                    // One build, its program in a part of it, and the image made of the whole: one program.
                    candidates.Remove(here[0]);
                    candidates.Remove(built);
                    alone.Type = built.Type;
                    Join(alone, built);
                    candidates.Add(alone);
                }
                else if (here.Count > 0)
                {
                    // A library with a Dockerfile is a program after all.
                    here[0].IsLibrary = false;
                    Apply(here[0], file);
                }
                else candidates.Add(alone);
            }
        }
    }

    static void Join(Candidate outer, Candidate inner)
    {
        outer.Libraries.AddRange(inner.Libraries);
        outer.Evidence.AddRange(inner.Evidence);
        outer.References.UnionWith(inner.References);
        (outer.Framework, outer.DefaultPort, outer.Listens, outer.PackageManager, outer.Version) = (inner.Framework, inner.DefaultPort, outer.Listens ?? inner.Listens, inner.PackageManager, inner.Version);
        (outer.InstallCommand, outer.BuildCommand) = (inner.InstallCommand, inner.BuildCommand);
    }

    /// <summary>An image above several programs that it copies, or commands of one module: it is made of them and is no further one.</summary>
    static bool Builds(Folder folder, SnapshotFile file, Candidate alone, List<Candidate> programs)
    {
        if (programs.Exists(one => one.Type == alone.Type && one.References.Contains(folder.Path))) return true;
        var copied = file.Text!.Split('\n').Where(line => line.TrimStart().StartsWith("COPY ", StringComparison.OrdinalIgnoreCase) || line.TrimStart().StartsWith("ADD ", StringComparison.OrdinalIgnoreCase)).ToList();
        return programs.Count(one => Paths.Inside(folder.Path, one.Folder.Path) is var inside && copied.Exists(line => line.Split((char[])[' ', '\t', '\r', '"', ','], StringSplitOptions.RemoveEmptyEntries).Any(word => word.StartsWith("./", StringComparison.Ordinal) ? word[2..].StartsWith(inside, StringComparison.Ordinal) : word.StartsWith(inside, StringComparison.Ordinal)))) > 1;
    }

    /// <summary>A service that only its Dockerfile describes, or null when the file says nothing.</summary>
    public static Candidate? FromDockerfile(Folder folder, SnapshotFile file)
    {
        var dockerfile = DockerfileText.Parse(file);
        if (dockerfile.Bases.Count == 0) return null;
        var service = new Candidate(folder, TypeOf(dockerfile), Rank.DockerfileOnly);
        Apply(service, file);
        if (service.Type == ServiceType.Nginx) (service.Port, service.Listens) = (service.Port ?? BackingCatalogue.PortOf(ServiceType.Nginx), true);
        return service;
    }

    public static void Apply(Candidate service, SnapshotFile file)
    {
        var dockerfile = DockerfileText.Parse(file);
        if (dockerfile.Bases.Count == 0) return;
        service.Dockerfile = file.Path;
        service.Because(file, dockerfile.Bases[^1].Line, $"own Dockerfile from {dockerfile.Bases[^1].Image}", Belief.Dockerfile);
        service.IsLibrary = false;
        Compare(service, file, dockerfile);
        if (service.Rank <= Rank.ShellScript && service.Type != ServiceType.Static && TypeOf(dockerfile) is var made and not ServiceType.Dockerfile) service.Type = made;
        if (service.OutputPath is not null && service.Type != ServiceType.Static)
        {
            // What the image serves counts now: a web server its own port, a development server the framework's.
            service.OutputPath = null;
            service.StartCommand = dockerfile.Command;
            service.Port = IsWebServer(dockerfile.Bases[^1].Image) ? 80 : service.DevelopmentPort;
        }
        else
        {
            if (dockerfile.Command is { } command) service.StartCommand = command;
            // Whatever the program's own server does, in this image a web server hands out what was built.
            if (service.Type == ServiceType.Nodejs && IsWebServer(dockerfile.Bases[^1].Image)) service.Port = 80;
        }
        if (dockerfile.Ports.Count == 0)
        {
            foreach (var name in (string[])["PORT", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_URLS", "HTTP_PORT", "SERVER_PORT"])
            {
                if (!dockerfile.Variables.TryGetValue(name, out var value) || !int.TryParse(value[(value.LastIndexOf(':') + 1)..].TrimEnd('/'), out var set) || set is not (> 0 and < 65536)) continue;
                service.Port = set;
                service.Because(file, file.LineOf(name), $"{name} of the Dockerfile: {set}", Belief.Sign);
                break;
            }
            return;
        }
        var ports = dockerfile.Ports.Where(port => port.Port is not (443 or 9229 or 5858)).DefaultIfEmpty(dockerfile.Ports[0]).ToList();
        (service.Port, service.Listens) = (ports[0].Port, true);
        service.Because(file, ports[0].Line, $"EXPOSE {ports[0].Port}", Belief.Sign);
    }

    static bool IsWebServer(string image) => BackingCatalogue.OfImage(image) == ServiceType.Nginx || image.Contains("caddy", StringComparison.Ordinal) || image.Contains("httpd", StringComparison.Ordinal);

    /// <summary>A Dockerfile whose stages are all of another language contradicts what the folder's files say: both stay visible.</summary>
    static void Compare(Candidate service, SnapshotFile file, DockerfileText dockerfile)
    {
        if (service.Rank <= Rank.ScriptWithoutManifest || service.Type == ServiceType.Static) return;
        var named = dockerfile.Bases.Select(stage => LanguageOf(stage.Image)).OfType<ServiceType>().Distinct().ToList();
        if (named.Count == 0 || named.Exists(type => Related(type, service.Type))) return;
        service.Because(file, dockerfile.Bases[^1].Line, $"the Dockerfile is for {named[^1].Word()}, the files are {service.Type.Word()}", Belief.Contradiction);
        if (!service.Alternatives.Exists(other => other.Type == named[^1])) service.Alternatives.Insert(0, new(named[^1], Belief.EntryFile, $"image {dockerfile.Bases[^1].Image}"));
    }

    /// <summary>Whether an image of one language runs programs of the other type.</summary>
    public static bool Related(ServiceType image, ServiceType type) =>
        image == type || type is ServiceType.Kotlin or ServiceType.Scala or ServiceType.Clojure && image == ServiceType.Java || type is ServiceType.Fsharp or ServiceType.Vb && image == ServiceType.Dotnet ||
        type is ServiceType.Bun or ServiceType.Deno or ServiceType.Nodejs && image is ServiceType.Nodejs or ServiceType.Bun or ServiceType.Deno || type == ServiceType.Gleam && image == ServiceType.Elixir;

    /// <summary>The language that an image is made for, or null.</summary>
    public static ServiceType? LanguageOf(string image)
    {
        var name = Paths.Last(image.Split('@')[0].Split(':')[0]).ToLowerInvariant();
        foreach (var (language, type) in Languages)
        {
            if (name == language || name.StartsWith(language + "-", StringComparison.Ordinal)) return type;
        }
        return null;
    }

    /// <summary>Language of the last stage that has one, else of any earlier stage, else a backing service's image.</summary>
    static ServiceType TypeOf(DockerfileText dockerfile)
    {
        foreach (var (image, _) in Enumerable.Reverse(dockerfile.Bases))
        {
            if (LanguageOf(image) is { } type) return type;
        }
        var backing = BackingCatalogue.OfImage(dockerfile.Bases[^1].Image);
        return backing == ServiceType.Image ? ServiceType.Dockerfile : backing;
    }

    static bool IsHelper(Folder folder) => folder.Path.Split('/').Any(part => part is "docker" or ".docker" or "ci" or "build" or "hack" or "deploy" or "deployment" or ".devcontainer" or "test" or "tests" or "e2e" or ".github" or "infra");
}
