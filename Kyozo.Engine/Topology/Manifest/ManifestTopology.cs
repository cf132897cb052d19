using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Images;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Stating;

namespace Kyozo.Engine.Topology.Manifest;

/// <summary>Lays the folder's <c>kyozo.yaml</c> over what was found: what it states holds, what it leaves open stays found out. Pure.</summary>
static class ManifestTopology
{
    /// <summary>What is found is not deployed without a question while the file that should say it is refused.</summary>
    const double WhileRefused = 0.75;

    public static bool IsManifest(string path) => path is "kyozo.yaml" or "kyozo.yml";

    public static FolderTopology Apply(FolderSnapshot snapshot, FolderTopology found)
    {
        var files = snapshot.Files.Where(file => IsManifest(file.Name)).ToList();
        if (files.Count == 0) return found;
        var draft = new TopologyDraft(found);
        var file = files.Find(one => one.Path == "kyozo.yaml") ?? files.Find(one => one.Path == "kyozo.yml");
        foreach (var other in files.Where(one => one != file)) draft.Note(other.Path, "not read: the kyozo.yaml of the analysed folder counts, and only one");
        if (file?.Text is { } text) Apply(snapshot, draft, ManifestReader.Read(file.Path, text));
        return draft.ToTopology();
    }

    static void Apply(FolderSnapshot snapshot, TopologyDraft draft, (KyozoManifest Manifest, IReadOnlyList<ManifestProblem> Problems) read)
    {
        var (manifest, problems) = read;
        foreach (var problem in problems) draft.Note($"{manifest.File}:{problem.Line}", $"refused: {problem.Message}");
        if (problems.Count > 0)
        {
            foreach (var service in draft.Services.ToList())
                draft.Put(service, service with { Confidence = Math.Min(service.Confidence, WhileRefused), Evidence = [.. service.Evidence, new(manifest.File, problems[0].Line, $"{manifest.File} is refused, so nothing in it holds", 0)] });
            return;
        }

        foreach (var (what, line) in manifest.Ignored) Ignore(draft, manifest, what, line);
        var claimed = new HashSet<string>(manifest.Services.Where(one => draft.Named(one.Name) is { } named && Fits(named, one)).Select(one => one.Name), StringComparer.Ordinal);
        foreach (var stated in manifest.Services)
        {
            var known = Match(draft, stated, claimed);
            var service = Stated(manifest, stated, known ?? Begin(snapshot, stated));
            if (service.Path is { } path && !SubFolder.Exists(snapshot, path)) draft.Note($"{manifest.File}:{stated.Line}", $"service {stated.Name}: there is no folder {path}");
            if (service.Dockerfile is { } dockerfile && !snapshot.Files.Any(one => one.Path == dockerfile)) draft.Note($"{manifest.File}:{stated.Line}", $"service {stated.Name}: there is no file {dockerfile}");
            if (service.Type == ServiceType.Custom) draft.Note($"{manifest.File}:{stated.Line}", $"service {stated.Name}: nothing tells what it is made of; say it with 'type', 'image' or 'dockerfile'");
            foreach (var own in OfTheAccount(service)) draft.Note($"{manifest.File}:{stated.Line}", $"service {stated.Name}: {own} not taken over: Kyozo makes account and database of a {service.Type.Word()} by itself");
            claimed.Add(stated.Name);
            draft.Put(known, WithoutAccount(service));
        }
        if (!manifest.Detect)
        {
            foreach (var service in draft.Services.Where(one => manifest.Services.TrueForAll(stated => stated.Name != one.Name)).ToList()) draft.Remove(service);
            draft.KeepEdges(edge => manifest.Services.Exists(stated => stated.Name == edge.From && stated.Dependencies.Exists(to => to.To == edge.To)));
        }
        foreach (var stated in manifest.Services)
        {
            foreach (var dependency in stated.Dependencies) Connect(draft, manifest, stated, dependency);
        }
    }

    static void Ignore(TopologyDraft draft, KyozoManifest manifest, string what, int line)
    {
        var those = draft.Services.Where(one => one.Path is { } path && Paths.IsIn(path, what) || one.Name == what).ToList();
        foreach (var service in those)
        {
            draft.Remove(service);
            draft.Note(service.Path ?? service.Name, $"no service: {manifest.File} line {line} says so (found: {service.Type.Word()}, {service.Name})");
        }
    }

    /// <summary>The found service that is meant: of that name, of that folder, or the one backing service of that kind.</summary>
    static DetectedService? Match(TopologyDraft draft, ManifestService stated, HashSet<string> claimed)
    {
        if (draft.Named(stated.Name) is { } named && Fits(named, stated)) return named;
        var free = draft.Services.Where(one => !claimed.Contains(one.Name)).ToList();
        if (stated.Path is { } path) return free.FindAll(one => one.Path == path) is [var one] ? one : free.Find(service => service.Path == path && (stated.Dockerfile is not null && service.Dockerfile == stated.Dockerfile || stated.Start is not null && service.StartCommand == stated.Start));
        var type = stated.Type ?? (stated.Image is { } image ? BackingCatalogue.OfImage(image) : null);
        return type?.IsBacking() == true && free.FindAll(one => one.Path is null && one.Type == type) is [var backing] ? backing : null;
    }

    /// <summary>The same name in another folder is another service.</summary>
    static bool Fits(DetectedService named, ManifestService stated) => stated.Path is null || named.Path == stated.Path;

    static DetectedService Begin(FolderSnapshot snapshot, ManifestService stated)
    {
        if (stated.Path is { } path && SubFolder.Look(snapshot, path) is { } looked) return looked;
        return new() { Name = stated.Name, Path = stated.Path, Type = ServiceType.Custom, Confidence = 0, Watch = stated.Path is { } folder ? [folder] : [] };
    }

    static DetectedService Stated(KyozoManifest manifest, ManifestService stated, DetectedService found)
    {
        var type = stated.Type ?? (stated.Image is { } image ? BackingCatalogue.OfImage(image) : found.Type != ServiceType.Custom ? found.Type : stated.Dockerfile is not null ? ServiceType.Dockerfile : found.Type);
        var differs = type != found.Type;
        var withoutFolder = stated.Path is null && (stated.Image is not null || type.IsBacking() && stated.Dockerfile is null && found.Dockerfile is null);
        var config = Config(stated, found.Stated);
        var service = found with
        {
            Name = stated.Name,
            Type = type,
            Path = withoutFolder ? null : stated.Path ?? found.Path ?? ".",
            Framework = stated.Framework ?? (differs ? null : found.Framework),
            Version = stated.Version ?? (differs ? null : found.Version),
            PackageManager = stated.PackageManager ?? (differs ? null : found.PackageManager),
            InstallCommand = stated.Install ?? (differs ? null : found.InstallCommand),
            BuildCommand = stated.Build ?? (differs ? null : found.BuildCommand),
            OutputPath = stated.Output ?? (differs || stated.Start is not null ? null : found.OutputPath),
            StartCommand = stated.Start ?? (differs || stated.Output is not null ? null : found.StartCommand),
            Dockerfile = stated.Image is not null ? null : stated.Dockerfile ?? found.Dockerfile,
            Image = stated.Image ?? (stated.Dockerfile is not null || stated.Path is not null ? null : found.Image),
            Port = stated.Port ?? found.Port ?? BackingCatalogue.PortOf(type),
            HealthPath = stated.HealthPath ?? (stated.Check is not null ? null : found.HealthPath),
            Watch = withoutFolder ? [] : found.Watch.Count > 0 && found.Path == (stated.Path ?? found.Path) ? found.Watch : [stated.Path ?? found.Path ?? "."],
            Environment = Merged(found.Environment, stated.Environment),
            Stated = config.IsEmpty ? null : config,
            Confidence = 1,
            Evidence = [new(manifest.File, stated.Line, $"service {stated.Name}", 1), .. found.Evidence],
            Alternatives = differs && found.Confidence > 0 ? [new(found.Type, found.Confidence, $"what the files alone say{(found.Evidence.Count > 0 ? $": {found.Evidence[0].Signal}" : "")}"), .. found.Alternatives] : found.Alternatives,
        };
        return service;
    }

    static IEnumerable<string> OfTheAccount(DetectedService service) =>
        service.Image is null && service.Dockerfile is null && BackingImages.Find(service.Type) is { } backing ? (service.Stated?.Environment.Keys ?? []).Where(backing.Environment.ContainsKey) : [];

    static DetectedService WithoutAccount(DetectedService service)
    {
        var left = OfTheAccount(service).ToHashSet(StringComparer.Ordinal);
        return left.Count == 0 ? service : service with { Stated = StatedVariables.WithoutEdges(service.Stated!, left) };
    }

    static StatedConfig Config(ManifestService stated, StatedConfig? found) => new()
    {
        Environment = (found?.Environment ?? new Dictionary<string, string>()).Where(pair => !stated.Environment.ContainsKey(pair.Key))
            .Concat(stated.Environment.Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Key, pair.Value!)))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal),
        Replicas = stated.Replicas ?? found?.Replicas,
        Limits = stated.Limits is { } limits ? new()
        {
            CpuCores = limits.CpuCores ?? found?.Limits?.CpuCores,
            MemoryBytes = limits.MemoryBytes ?? found?.Limits?.MemoryBytes,
            StorageBytes = limits.StorageBytes ?? found?.Limits?.StorageBytes,
            Pids = limits.Pids ?? found?.Limits?.Pids,
        } : found?.Limits,
        Volumes = stated.Volumes.Count > 0 ? [.. stated.Volumes] : found?.Volumes ?? [],
        HealthChecks = stated.Check is { } check ? [check] : stated.HealthPath is not null ? [] : found?.HealthChecks ?? [],
        Published = stated.Publish ?? found?.Published,
    };

    static IReadOnlyList<DetectedVariable> Merged(IReadOnlyList<DetectedVariable> found, Dictionary<string, string?> stated)
    {
        if (stated.Count == 0) return found;
        var all = found.ToDictionary(variable => variable.Name, StringComparer.Ordinal);
        foreach (var (name, value) in stated) all[name] = Variables.Describe(name, required: value is null, hasValue: value is not null);
        return [.. all.Values.OrderBy(variable => variable.Name, StringComparer.Ordinal)];
    }

    static void Connect(TopologyDraft draft, KyozoManifest manifest, ManifestService from, ManifestDependency dependency)
    {
        var known = draft.Edge(from.Name, dependency.To);
        var edge = new DetectedDependency(from.Name, dependency.To, dependency.Type, dependency.Variable ?? known?.EnvVariable, 1,
            [new(manifest.File, dependency.Line, $"{from.Name} depends on {dependency.To}", 1), .. known?.Evidence ?? []])
        {
            ConnectionTemplate = dependency.Template ?? (dependency.Variable is null || dependency.Variable == known?.EnvVariable ? known?.ConnectionTemplate : null),
        };
        if (draft.Connect(edge))
        {
            if (edge.EnvVariable is { } variable && draft.Named(from.Name) is { } service && service.Environment.Any(one => one.Name == variable && !one.HasValue))
                draft.Put(service, service with { Environment = [.. service.Environment.Select(one => one.Name == variable ? one with { HasValue = true } : one)] });
            return;
        }
        var nearest = NearestWord.Of(dependency.To, [.. draft.Services.Select(one => one.Name)]);
        draft.Note($"{manifest.File}:{dependency.Line}", $"dependency of {from.Name}: there is no service {dependency.To}{(nearest is null ? "" : $"; did you mean {nearest}?")}");
    }
}
