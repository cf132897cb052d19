using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Compose;
using Kyozo.Engine.Topology.Helm;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology;

/// <summary>
/// Names, ports, probes and edges that Kubernetes manifests state. The folders say what a workload is made of: found by the image's
/// name, by the build of a skaffold.yaml, or by the workload's own name. Where there are no such manifests, charts of Helm are read as their own values would make them.
/// </summary>
sealed class Kubernetes
{
    const int MaxFiles = 2_000;

    static readonly HashSet<string> WorkloadKinds = new(StringComparer.Ordinal) { "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod", "Job", "CronJob", "Rollout" };

    static readonly HashSet<string> Aside = new(StringComparer.OrdinalIgnoreCase) { "test", "tests", "e2e", "examples", "fixtures", "testdata", ".github" };

    readonly FolderIndex _index;
    readonly List<Candidate> _candidates;
    readonly Dictionary<string, Workload> _workloads = new(StringComparer.Ordinal);
    readonly List<Entry> _entries = [];
    readonly Dictionary<string, YamlNode> _configs = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _contexts = new(StringComparer.Ordinal);

    /// <summary>Charts are written for everybody: what they leave out may still be needed.</summary>
    bool _fromCharts;

    Kubernetes(FolderIndex index, List<Candidate> candidates) => (_index, _candidates) = (index, candidates);

    /// <summary>A workload with the container that is its program.</summary>
    sealed record Workload(string Name, string Kind, string File, int Line, YamlNode Container, YamlNode? Labels)
    {
        public Candidate? Candidate { get; set; }

        /// <summary>Names of the Kubernetes services that lead to it, with the port inside the container.</summary>
        public Dictionary<string, int?> Hosts { get; } = new(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>A Kubernetes service: a name that leads to the workloads with its labels.</summary>
    sealed record Entry(string Name, YamlNode Selector, YamlNode? Ports);

    /// <param name="index">The folder.</param>
    /// <param name="candidates">The programs found; those that a workload runs are named after it, and ready images are added.</param>
    /// <param name="isWhole">True when the manifests name everything that runs.</param>
    public static List<StatedEdge> Apply(FolderIndex index, List<Candidate> candidates, out bool isWhole)
    {
        var manifests = new Kubernetes(index, candidates);
        manifests.Read();
        if (manifests._workloads.Count == 0) manifests.ReadCharts();
        var edges = manifests.State();
        isWhole = edges.Count > 0 && !manifests._fromCharts;
        return edges;
    }

    void ReadCharts()
    {
        foreach (var chart in HelmChart.Of(_index))
        {
            foreach (var (file, document) in chart.Documents()) Read(file, document);
            foreach (var dependency in chart.Dependencies())
            {
                var image = new YamlNode { Map = [("image", dependency.Line, new YamlNode { Scalar = dependency.Type.Word() })], Line = dependency.Line };
                var workload = new Workload(dependency.Name, "dependency", dependency.File, dependency.Line, image, null);
                foreach (var host in dependency.Hosts) workload.Hosts.TryAdd(host, null);
                _workloads.TryAdd(dependency.Name, workload);
            }
        }
        _fromCharts = _workloads.Count > 0;
    }

    void Read()
    {
        var files = _index.Snapshot.Files.Where(file => file.Extension is ".yaml" or ".yml" && file.Text is { } text && (text.Contains("apiVersion:", StringComparison.Ordinal) && text.Contains("kind:", StringComparison.Ordinal) || file.Name is "skaffold.yaml" or "kustomization.yaml" or "kustomization.yml") && !text.Contains("{{", StringComparison.Ordinal) && !file.Folder.Split('/').Any(Aside.Contains) && !HelmChart.IsTemplate(_index, file));
        // What is applied as it is comes before what is generated or laid over it.
        foreach (var file in files.OrderBy(file => file.Path.Contains("overlay", StringComparison.OrdinalIgnoreCase)).ThenBy(file => file.Path, StringComparer.Ordinal).Take(MaxFiles))
        {
            foreach (var document in _index.YamlDocuments(file)) Read(file, document);
        }
    }

    void Read(SnapshotFile file, YamlNode document)
    {
        if (file.Name is "kustomization.yaml" or "kustomization.yml")
        {
            ReadGenerated(file, document);
            return;
        }
        if (document["kind"]?.Scalar is not { } kind) return;
        if (kind == "List")
        {
            foreach (var item in document["items"]?.Items ?? []) Read(file, item);
            return;
        }
        if (document["apiVersion"]?.Scalar?.StartsWith("skaffold/", StringComparison.Ordinal) == true)
        {
            foreach (var artifact in document["build"]?["artifacts"]?.Items ?? [])
            {
                if (artifact["image"]?.Scalar is { } image && Paths.Resolve(file.Folder, artifact["context"]?.Scalar ?? ".") is { } context) _contexts.TryAdd(NameOf(image), context);
            }
            return;
        }
        if (document["metadata"]?["name"]?.Scalar is not { Length: > 0 } name) return;
        if (kind == "Service" && document["spec"]?["selector"] is { Map: not null } selector) _entries.Add(new(name, selector, document["spec"]?["ports"]));
        else if (kind == "ConfigMap" && document["data"] is { Map: not null } data) _configs.TryAdd(name, data);
        else if (WorkloadKinds.Contains(kind)) ReadWorkload(file, document, kind, name);
    }

    /// <summary>The config maps that Kustomize makes of literals and files of variables; the first of a name counts, as with manifests.</summary>
    void ReadGenerated(SnapshotFile file, YamlNode kustomization)
    {
        foreach (var generator in kustomization["configMapGenerator"]?.Items ?? [])
        {
            if (generator["name"]?.Scalar is not { Length: > 0 } name) continue;
            var data = new List<(string, int, YamlNode)>();
            foreach (var literal in generator["literals"]?.Items ?? [])
            {
                if (literal.Scalar?.Split('=', 2) is [var key, var value]) data.Add((key, literal.Line, new() { Scalar = value.Trim('"', '\''), Line = literal.Line }));
            }
            foreach (var path in generator["envs"]?.Words ?? generator["env"]?.Words ?? [])
            {
                if (Paths.Resolve(file.Folder, path) is { } inside) data.AddRange(DotEnv.Of(_index.File(inside)).Select(pair => (pair.Key, generator.Line, new YamlNode { Scalar = pair.Value, Line = generator.Line })));
            }
            _configs.TryAdd(name, new() { Map = data, Line = generator.Line });
        }
    }

    void ReadWorkload(SnapshotFile file, YamlNode document, string kind, string name)
    {
        var spec = document["spec"];
        if (kind == "CronJob") spec = spec?["jobTemplate"]?["spec"];
        var template = kind == "Pod" ? document : spec?["template"];
        if (template?["spec"]?["containers"]?.Items is not { Count: > 0 } containers) return;
        // The program is the container that is named like the workload, or the first: the others are side cars.
        var own = containers.FirstOrDefault(container => container["name"]?.Scalar == name) ?? containers[0];
        if (own["image"]?.Scalar is not { Length: > 0 }) return;
        Refuse(file, name, template["spec"]!, own);
        _workloads.TryAdd(name, new(name, kind, file.Path, document.LineOf("kind") ?? document.Line, own, template["metadata"]?["labels"]));
    }

    /// <summary>Tells what is not taken over, because it would reach the host (SAFETY A-14).</summary>
    void Refuse(SnapshotFile file, string name, YamlNode spec, YamlNode container)
    {
        void Tell(string what) => _index.Note($"{file.Path}#{name}.{what}", "ignored: not allowed");

        foreach (var key in (string[])["hostNetwork", "hostPID", "hostIPC"])
        {
            if (spec[key]?.Scalar == "true") Tell(key);
        }
        if (container["securityContext"]?["privileged"]?.Scalar == "true") Tell("privileged");
        if (container["securityContext"]?["capabilities"]?["add"] is { Items.Count: > 0 }) Tell("capabilities");
        foreach (var volume in spec["volumes"]?.Items ?? [])
        {
            if (volume["hostPath"]?["path"]?.Scalar is { } path) Tell($"volumes[{path}]");
        }
    }

    List<StatedEdge> State()
    {
        var programs = 0;
        foreach (var workload in _workloads.Values)
        {
            foreach (var entry in _entries.Where(entry => Selects(entry.Selector, workload.Labels))) workload.Hosts[entry.Name] = TargetPort(entry, workload.Container);
            workload.Hosts.TryAdd(workload.Name, null);
            workload.Candidate = Program(workload) ?? Ready(workload);
            if (workload.Candidate is null) continue;
            Describe(workload, workload.Candidate);
            programs += workload.Candidate.Image is null ? 1 : 0;
        }
        if (programs > 0 && !_fromCharts)
        {
            var file = _workloads.Values.First(workload => workload.Candidate!.Image is null).File;
            foreach (var other in _candidates.Where(one => !one.IsStated && !one.IsLibrary)) other.Because(file, null, "not among the workloads of the Kubernetes manifests", Belief.NotStated);
        }
        var edges = new List<StatedEdge>();
        foreach (var from in _workloads.Values.Where(one => one.Candidate is not null))
        {
            foreach (var (variable, value, line) in Variables(from.Container))
            {
                foreach (var to in _workloads.Values.Where(to => to != from && to.Candidate is not null && to.Candidate != from.Candidate))
                {
                    if (value is null || to.Hosts.Keys.FirstOrDefault(host => ClusterHosts.Names(value, host)) is not { } host) continue;
                    edges.Add(new(from.Candidate!, to.Candidate!, from.File, line, $"{variable} names {host}", variable, ClusterHosts.Template(value, host)));
                }
            }
            foreach (var word in (from.Container["args"]?.Words ?? []).Concat(from.Container["command"]?.Words ?? []))
            {
                foreach (var to in _workloads.Values.Where(to => to != from && to.Candidate is not null && to.Candidate != from.Candidate && to.Hosts.Keys.Any(host => word.Contains(host + ":", StringComparison.Ordinal) && ClusterHosts.Names(word, host))))
                    edges.Add(new(from.Candidate!, to.Candidate!, from.File, from.Container.Line, $"its command names {to.Name}"));
            }
        }
        return edges;
    }

    /// <summary>The program of this folder that a workload runs.</summary>
    Candidate? Program(Workload workload)
    {
        var image = NameOf(workload.Container["image"]!.Scalar!);
        var keys = new[] { Slug.Key(image), Slug.Key(workload.Name) };
        if (_contexts.TryGetValue(image, out var context) && _candidates.Where(one => !one.Type.IsBacking() && (one.Folder.Path == context || Paths.Parent(one.Folder.Path) == context && context != ".")).OrderBy(one => one.IsLibrary).FirstOrDefault() is { } built) return Free(built);
        if (BackingCatalogue.OfImage(workload.Container["image"]!.Scalar!) != ServiceType.Image) return null;
        foreach (var key in keys)
        {
            if (_candidates.Where(one => !one.Type.IsBacking() && !one.IsSecondProcess && (KeysOf(one).Any(own => own == key))).OrderBy(one => one.IsStated).ThenBy(one => one.IsLibrary).ThenBy(one => one.Folder.Depth).FirstOrDefault() is { } same) return Free(same);
        }
        // project-service of the image and service of the folder.
        foreach (var key in keys)
        {
            var ending = _candidates.Where(one => !one.IsStated && !one.IsLibrary && !one.Type.IsBacking() && one.Folder.Depth > 0 && KeysOf(one).Any(own => own.Length > 3 && (key.EndsWith(own, StringComparison.Ordinal) || key.StartsWith(own, StringComparison.Ordinal)))).Take(2).ToList();
            if (ending.Count == 1) return ending[0];
        }
        // One program in all and one workload that is no ready image.
        var alone = _candidates.Where(one => !one.IsLibrary && !one.IsSecondProcess && !one.Type.IsBacking()).Take(2).ToList();
        return alone.Count == 1 && !alone[0].IsStated && _workloads.Values.Count(one => BackingCatalogue.OfImage(one.Container["image"]!.Scalar!) == ServiceType.Image) == 1 ? alone[0] : null;
    }

    Candidate Free(Candidate one)
    {
        if (!one.IsStated) return one;
        var copy = ComposeStack.Copy(one);
        _candidates.Add(copy);
        return copy;
    }

    static IEnumerable<string> KeysOf(Candidate one)
    {
        if (one.Name is { } name) yield return Slug.Key(name);
        yield return Slug.Key(one.Folder.Name);
        if (one.Folder.Depth > 1 && one.Folder.Name is "src" or "app") yield return Slug.Key(Paths.Last(Paths.Parent(one.Folder.Path)));
    }

    Candidate? Ready(Workload workload)
    {
        var image = workload.Container["image"]!.Scalar!;
        // An image of unknown make in a chart beside programs is most likely one of them under another name.
        if (_fromCharts && BackingCatalogue.OfImage(image) == ServiceType.Image && (NameOf(image).Length == 0 || _candidates.Exists(one => !one.IsLibrary && !one.Type.IsBacking()))) return null;
        var ready = new Candidate(new(_index, Paths.Parent(workload.File)), BackingCatalogue.OfImage(image), Rank.DockerfileOnly) { Image = image, Version = BackingCatalogue.VersionOf(image), Port = BackingCatalogue.PortOf(BackingCatalogue.OfImage(image)), Listens = true };
        _candidates.Add(ready);
        return ready;
    }

    void Describe(Workload workload, Candidate candidate)
    {
        var container = workload.Container;
        candidate.Name = workload.Hosts.Keys.FirstOrDefault(host => Slug.Key(host) == Slug.Key(candidate.Folder.Name)) ?? workload.Name;
        (candidate.IsStated, candidate.IsLibrary) = (true, false);
        if (_fromCharts) candidate.Because(workload.File, workload.Line, $"{workload.Kind} {workload.Name} of a Helm chart", Belief.Charted);
        else candidate.Because(workload.File, workload.Line, $"{workload.Kind} {workload.Name} of Kubernetes", Belief.Stated);
        if (workload.Kind is "Job" or "CronJob") (candidate.Listens, candidate.Port, candidate.IsScheduled) = (false, null, workload.Kind == "CronJob");
        else if ((workload.Hosts.Values.FirstOrDefault(port => port is not null) ?? PortOf(First(container["ports"])?["containerPort"])) is { } port) (candidate.Port, candidate.Listens) = (port, true);
        if ((container["readinessProbe"] ?? container["livenessProbe"])?["httpGet"]?["path"]?.Scalar is { Length: > 0 } path && path[0] == '/') candidate.HealthPath = path;
        var command = string.Join(' ', (container["command"]?.Words ?? []).Concat(container["args"]?.Words ?? []));
        if (command.Length > 0 && candidate.Image is null) candidate.StartCommand = container["command"] is null && candidate.StartCommand is { } start ? $"{start} {command}" : command;
        foreach (var (name, value, _) in Variables(container)) candidate.Environment[name] = Topology.Variables.Describe(name, required: value is null, hasValue: !string.IsNullOrEmpty(value));
    }

    /// <summary>Variables of a container, those of its config maps among them.</summary>
    IEnumerable<(string Name, string? Value, int Line)> Variables(YamlNode container)
    {
        foreach (var variable in container["env"]?.Items ?? [])
        {
            if (variable["name"]?.Scalar is not { Length: > 0 } name) continue;
            var reference = variable["valueFrom"]?["configMapKeyRef"];
            var value = variable["value"]?.Scalar ?? (reference?["name"]?.Scalar is { } config && reference["key"]?.Scalar is { } key && _configs.TryGetValue(config, out var data) ? data[key]?.Scalar : null);
            yield return (name, value, variable.Line);
        }
        foreach (var source in container["envFrom"]?.Items ?? [])
        {
            if (source["configMapRef"]?["name"]?.Scalar is not { } config || !_configs.TryGetValue(config, out var data)) continue;
            foreach (var (name, _, value) in data.Entries) yield return (name, value.Scalar, source.Line);
        }
    }

    static bool Selects(YamlNode selector, YamlNode? labels) => labels is not null && selector.Entries.Any() && selector.Entries.All(entry => labels[entry.Key]?.Scalar == entry.Value.Scalar);

    /// <summary>The port inside the container that a service leads to, by number or by name.</summary>
    static int? TargetPort(Entry entry, YamlNode container)
    {
        if (First(entry.Ports) is not { } port) return null;
        var target = port["targetPort"] ?? port["port"];
        return PortOf(target) ?? PortOf(container["ports"]?.Items.FirstOrDefault(one => one["name"]?.Scalar == target?.Scalar)?["containerPort"]);
    }

    static YamlNode? First(YamlNode? list) => list?.Items is { Count: > 0 } items ? items[0] : null;

    static int? PortOf(YamlNode? node) => int.TryParse(node?.Scalar, out var port) && port is > 0 and < 65536 ? port : null;

    /// <summary>The last part of an image's name, without tag.</summary>
    static string NameOf(string image)
    {
        var name = image.Split('@')[0];
        if (name.LastIndexOf(':') is var colon && colon > name.LastIndexOf('/')) name = name[..colon];
        return Paths.Last(name);
    }
}
