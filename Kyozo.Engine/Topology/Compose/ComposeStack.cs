using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Detectors;

namespace Kyozo.Engine.Topology.Compose;

/// <summary>Lays the services of compose files over what was found in folders: compose names them, the folders say what they are made of.</summary>
sealed class ComposeStack
{
    /// <summary>Folders in which a compose file may have any name.</summary>
    static readonly HashSet<string> Deploying = new(StringComparer.OrdinalIgnoreCase) { "docker", ".docker", "deploy", "deployment", "deployments", "compose", "stack", "stacks", "swarm", "infra", "ops", "local", "dev" };

    /// <summary>Compose service → the candidate that stands for it.</summary>
    public Dictionary<ComposeService, Candidate> Services { get; } = [];

    /// <summary>True when compose builds programs of this folder, so that what it does not name is not meant to run.</summary>
    public bool BuildsPrograms { get; private set; }

    public static ComposeStack Apply(FolderIndex index, List<Candidate> candidates)
    {
        var stack = new ComposeStack();
        var covered = new List<string>();
        foreach (var folder in index.Folders.Where(folder => !Array.Exists(folder.Parts, part => part is "test" or "tests" or "e2e" or "examples" or ".devcontainer")))
        {
            if (covered.Exists(root => Paths.IsIn(folder.Path, root))) continue;
            var services = ComposeReader.Read(index, folder);
            if (services.Count == 0) continue;
            covered.Add(folder.Path);
            if (stack.IsAnotherEnvironment(services)) continue;
            // Of several services of one folder the one with a port is the program itself.
            foreach (var service in services.OrderBy(service => service.Ports.Count == 0)) stack.Add(index, folder, service, candidates);
        }
        if (covered.Count == 0)
        {
            foreach (var folder in index.Folders.Where(folder => folder.Depth == 0 || folder.Depth <= 2 && Deploying.Contains(folder.Name)))
            {
                foreach (var service in ComposeReader.ReadByContent(index, folder).OrderBy(service => service.Ports.Count == 0)) stack.Add(index, folder, service, candidates);
                if (stack.Services.Count > 0) break;
            }
        }
        stack.TellSharedVolumes(index);
        ComposePrograms.RemoveContents(stack.Services.Keys, candidates);
        if (stack.BuildsPrograms)
        {
            // What lies in a folder that compose builds is a part of that service.
            var contexts = stack.Services.Keys.Where(service => service.Context is not null).Select(service => service.Context!).ToHashSet(StringComparer.Ordinal);
            candidates.RemoveAll(candidate => !candidate.IsStated && contexts.Any(context => Paths.IsIn(candidate.Folder.Path, context)));
            foreach (var candidate in candidates.Where(candidate => !candidate.IsStated)) candidate.Because(stack.Services.Keys.First().File, null, "not among the services of the compose file", Belief.NotStated);
        }
        return stack;
    }

    /// <summary>The same system once more, for production or for tests: a service of the same name built from the same folder, or nothing but names that one file has already.</summary>
    bool IsAnotherEnvironment(IReadOnlyCollection<ComposeService> services) =>
        services.Any(service => service.Context is not null && Services.Keys.Any(known => known.Context == service.Context && known.Name == service.Name)) ||
        services.Count > 1 && Services.Keys.GroupBy(known => known.File, StringComparer.Ordinal).Any(stack => services.All(service => stack.Any(known => known.Name == service.Name)));

    /// <summary>True for the evidence that a compose file names the service.</summary>
    public static bool IsNamedBy(Evidence evidence, string file) => evidence.File == file && evidence.Signal.StartsWith("service ", StringComparison.Ordinal) && evidence.Signal.EndsWith(" of the compose file", StringComparison.Ordinal);

    void Add(FolderIndex index, Folder folder, ComposeService service, List<Candidate> candidates)
    {
        var candidate = service.Context is not null ? FromBuild(index, folder, service, candidates) : SameName(service, candidates) ?? FromMounted(service, candidates) ?? FromImage(folder, service);
        if (candidate is null) return;
        candidate.IsStated = true;
        candidate.IsLibrary = false;
        candidate.Name = service.Name;
        candidate.Because(service.File, service.Line, $"service {service.Name} of the compose file", Belief.Stated);
        if (candidate.Type.IsBacking() || candidate.Type == ServiceType.Image) candidate.Port = (candidate.Type == ServiceType.Nginx && service.Ports.Count > 0 ? service.Ports[0] : (int?)null) ?? BackingCatalogue.PortOf(candidate.Type) ?? (service.Ports.Count > 0 ? service.Ports[0] : null);
        else if (service.Ports.Count > 0) (candidate.Port, candidate.Listens) = (service.Ports.Find(port => port == candidate.Port) is > 0 and var same ? same : service.Ports[0], true);
        if (service.HealthPath is not null) candidate.HealthPath = service.HealthPath;
        if (service.Command is { Length: > 0 } && !candidate.Type.IsBacking() && candidate.Type != ServiceType.Image) candidate.StartCommand = service.Command;
        foreach (var (name, (value, _)) in service.Environment) candidate.Environment[name] = Variables.Describe(name, required: string.IsNullOrEmpty(value), hasValue: !string.IsNullOrEmpty(value));
        candidate.Stated = StatedVariables.Of(service, candidate.Type, reason => index.Note($"{service.File}#{service.Name}.environment", reason));
        if (!candidates.Contains(candidate)) candidates.Add(candidate);
        Services[service] = candidate;
    }

    void TellSharedVolumes(FolderIndex index)
    {
        var users = Services.Keys.SelectMany(service => service.Stated.Volumes, (service, volume) => (service.File, service.Name, Volume: volume.Name));
        foreach (var shared in users.GroupBy(use => (use.File, use.Volume)).Where(group => group.Count() > 1))
            index.Note($"{shared.Key.File}#volumes.{shared.Key.Volume}", $"not taken over as one: {string.Join(" and ", shared.Select(use => use.Name).Order(StringComparer.Ordinal))} get a volume each");
    }

    Candidate? FromBuild(FolderIndex index, Folder folder, ComposeService service, List<Candidate> candidates)
    {
        // A folder that is not here (fetched later): what compose builds of it runs all the same.
        if (!index.Below(service.Context!).Any()) return FromMount(service, candidates) ?? FromImage(folder, service) ?? new Candidate(new(index, service.Context!), ServiceType.Dockerfile, Rank.DockerfileOnly);
        BuildsPrograms = true;
        var dockerfile = service.Dockerfile is null ? null : index.File(service.Dockerfile);
        var places = new List<string> { service.Context! };
        if (dockerfile is not null && dockerfile.Folder != service.Context) places.Insert(0, dockerfile.Folder);
        if (Paths.Resolve(service.Context!, service.Name) is { } named) places.Add(named);
        // A second process of the folder, told by its command or name.
        if (candidates.Find(one => one.IsSecondProcess && !one.IsStated && places.Contains(one.Folder.Path) && (one.Name is { } name && Slug.Of(name) == service.Name || one.StartCommand is { } start && start == service.Command)) is { } process) return process;
        if (dockerfile is not null && ComposePrograms.Built(service, dockerfile, candidates) is { } below)
        {
            var built = Again(service, below);
            Dockerfiles.Apply(built, dockerfile);
            return built;
        }
        foreach (var place in places)
        {
            // A ready image lies in the folder of its compose file only by name.
            var here = candidates.Where(candidate => candidate.Folder.Path == place && candidate.Image is null && !candidate.IsSecondProcess && candidate.Type != ServiceType.Dockerfile).OrderBy(candidate => candidate.IsLibrary).FirstOrDefault();
            if (here is null) continue;
            // Where nothing but the Dockerfile lies, while the folder that is built has a program for its image.
            if (place != service.Context && here.Rank == Rank.DockerfileOnly && candidates.Exists(one => one.Folder.Path == service.Context && !one.IsSecondProcess && one.Rank > Rank.ScriptWithoutManifest && Dockerfiles.Related(here.Type, one.Type))) continue;
            var candidate = Again(service, here);
            if (dockerfile is not null) Dockerfiles.Apply(candidate, dockerfile);
            return candidate;
        }
        var context = new Folder(index, service.Context!);
        if (dockerfile is not null && Dockerfiles.FromDockerfile(context, dockerfile) is { } alone)
        {
            if (alone.Type != ServiceType.Dockerfile || OnlyBelow(candidates, service.Context!) is not { } inner) return alone;
            alone.Type = inner.Type;
            alone.Framework = inner.Framework;
            alone.Libraries.AddRange(inner.Libraries);
            return alone;
        }
        return service.Image is not null ? FromImage(folder, service) : dockerfile is null && LastResort.Of(context) is { } guess ? guess : new Candidate(context, ServiceType.Dockerfile, Rank.DockerfileOnly);
    }

    /// <summary>The image of a language with a program of this folder in it: compose starts that program.</summary>
    Candidate? FromMounted(ComposeService service, List<Candidate> candidates)
    {
        if (ComposePrograms.Mounted(service, candidates) is not { } program) return null;
        BuildsPrograms = true;
        return Again(service, program);
    }

    /// <summary>The program itself, or once more when another service already stands for it.</summary>
    static Candidate Again(ComposeService service, Candidate here)
    {
        if (!here.IsStated) return here;
        var again = Copy(here);
        // A second service of the folder with a command of its own and no port is a worker, not the web program once more.
        if (service is { Ports.Count: 0, Command.Length: > 0 }) (again.Framework, again.Listens, again.DefaultPort, again.IsSecondProcess) = (WorkerOf(service.Command), false, null, true);
        return again;
    }

    static string? WorkerOf(string command) => command.Contains("celery", StringComparison.Ordinal) ? "celery" : command.Contains("sidekiq", StringComparison.Ordinal) ? "sidekiq" : null;

    /// <summary>The program that a service mounts, when what it would be built from is not here (packages that are installed later).</summary>
    static Candidate? FromMount(ComposeService service, List<Candidate> candidates) =>
        candidates.Find(candidate => !candidate.IsStated && !candidate.IsLibrary && service.Mounts.Contains(candidate.Folder.Path));

    /// <summary>The one program below a build context, when there is exactly one.</summary>
    static Candidate? OnlyBelow(List<Candidate> candidates, string context)
    {
        var below = candidates.Where(candidate => !candidate.IsStated && !candidate.IsLibrary && Paths.IsIn(candidate.Folder.Path, context)).Take(2).ToList();
        return below.Count == 1 ? below[0] : null;
    }

    /// <summary>The program in a folder of the image's name, or of the service's when the image is nobody else's: the image was built from it.</summary>
    static Candidate? SameName(ComposeService service, List<Candidate> candidates)
    {
        if (service.Image is not { } image || BackingCatalogue.OfImage(image) != ServiceType.Image) return null;
        var own = Paths.Last(image.Split('@')[0]);
        if (own.IndexOf(':') is > 0 and var colon) own = own[..colon];
        var keys = image.Contains('/', StringComparison.Ordinal) ? (string[])[Slug.Key(own)] : [Slug.Key(own), Slug.Key(service.Name)];
        var same = candidates.Where(one => !one.IsStated && !one.IsLibrary && !one.IsSecondProcess && one.Folder.Depth > 0 && (keys.Contains(Slug.Key(one.Folder.Name)) || Slug.Key(one.Folder.Name) == Slug.Key(service.Name) && EndsWithWord(own, one.Folder.Name))).Take(2).ToList();
        return same.Count == 1 ? same[0] : null;
    }

    /// <summary><c>shop_cart</c> and <c>shop-cart</c> of a folder <c>cart</c>.</summary>
    static bool EndsWithWord(string image, string word) =>
        image.EndsWith(word, StringComparison.OrdinalIgnoreCase) && (image.Length == word.Length || image[^(word.Length + 1)] is '_' or '-' or '.');

    static Candidate? FromImage(Folder folder, ComposeService service)
    {
        if (string.IsNullOrWhiteSpace(service.Image)) return null;
        return new(folder, BackingCatalogue.OfImage(service.Image), Rank.DockerfileOnly)
        {
            Image = service.Image,
            Version = BackingCatalogue.VersionOf(service.Image),
            Listens = true,
        };
    }

    /// <summary>A second service of the same folder.</summary>
    public static Candidate Copy(Candidate one)
    {
        var copy = new Candidate(one.Folder, one.Type, one.Rank)
        {
            Framework = one.Framework,
            Version = one.Version,
            DefaultPort = one.DefaultPort,
            DevelopmentPort = one.DevelopmentPort,
            PackageManager = one.PackageManager,
            InstallCommand = one.InstallCommand,
            BuildCommand = one.BuildCommand,
            StartCommand = one.StartCommand,
            OutputPath = one.OutputPath,
        };
        copy.Libraries.AddRange(one.Libraries);
        copy.References.UnionWith(one.References);
        copy.Evidence.AddRange(one.Evidence.Where(evidence => !evidence.Signal.StartsWith("service ", StringComparison.Ordinal)));
        return copy;
    }
}
