using System.Globalization;
using Kyozo.Data.Health;
using Kyozo.Data.Topology;
using Kyozo.Engine.Deployments;
using Kyozo.Engine.Images;
using Kyozo.Engine.Topology.Manifest;

namespace Kyozo.Engine.Topology.Export;

/// <summary>Writes a topology as a compose file that other tools run. No password is in it: they come from the <c>.env</c> file beside it.</summary>
sealed class ComposeExport
{
    readonly FolderTopology _topology;
    readonly Dictionary<string, DetectedService> _byName;
    readonly SortedSet<string> _asked = new(StringComparer.Ordinal);
    readonly List<string> _notSaid = [];
    readonly HashSet<int> _hostPorts = [];
    readonly SortedSet<string> _volumes = new(StringComparer.Ordinal);

    ComposeExport(FolderTopology topology)
    {
        _topology = topology;
        _byName = topology.Services.ToDictionary(service => service.Name, StringComparer.Ordinal);
    }

    public static string Write(FolderTopology topology) => new ComposeExport(topology).Write();

    string Write()
    {
        var services = new YamlMap();
        foreach (var service in _topology.Services) services.Add(service.Name, Service(service));
        var root = new YamlMap().Add("services", services);
        var named = new YamlMap();
        foreach (var volume in _volumes) named.AddEmpty(volume);
        root.Add("volumes", named);

        var without = _topology.Services.Where(service => service is { Path: not null, Dockerfile: null, Image: null }).Select(service => service.Name).ToList();
        var comments = new List<string> { "Written by kyozo export." };
        if (_asked.Count > 0) comments.Add($"Set in a file .env beside this one: {string.Join(", ", _asked)}.");
        if (without.Count > 0) comments.Add($"Kyozo makes the Dockerfile of {string.Join(", ", without)} when it builds; other tools need one in the service's folder.");
        comments.AddRange(_notSaid.Select(what => $"Not to be said in a compose file: {what}."));
        return root.ToText(comments);
    }

    YamlMap Service(DetectedService service)
    {
        var (map, stated, backing) = (new YamlMap(), service.Stated ?? new(), TopologyExport.KnownBacking(service));
        if (service.Image is not null) map.Add("image", service.Image);
        else if (backing is not null) map.Add("image", ImageOf(service, backing));
        else if (service.Path is { } path)
        {
            var build = new YamlMap().Add("context", Relative(path));
            if (service.Dockerfile is { } dockerfile && dockerfile != Paths.Join(path, "Dockerfile")) build.Add("dockerfile", FromContext(path, dockerfile));
            map.Add("build", build);
        }
        else
        {
            // A server that neither the folder nor Kyozo has an image for: the one of its own name is the best guess that can be said.
            map.Add("image", service.Type.Word());
            _notSaid.Add($"the image of {service.Name}; {service.Type.Word()} is a guess");
        }

        if (backing is { Command.Count: > 0 }) map.Add("command", Account(service, backing).Expand(backing.Command).Select(Escaped).Select(Opened), inOneLine: true);
        else if (backing is null && service.StartCommand is { } start && service.OutputPath is null && !start.Any(char.IsControl)) Command(map, start);
        Ports(map, service, stated);
        map.Add("environment", Environment(service, stated, backing));
        map.Add("depends_on", DependsOn(service));
        Check(map, service, stated, backing);
        var all = (backing?.DataPath is { } data ? [($"{service.Name}-data", data)] : Array.Empty<(string, string)>()).Concat(stated.Volumes.Select(volume => (VolumeName(service, volume.Name), volume.Path))).ToList();
        foreach (var (name, _) in all) _volumes.Add(name);
        map.Add("volumes", all.Select(volume => $"{volume.Item1}:{volume.Item2}"));
        return map.Add("deploy", Deploy(service, stated));
    }

    static string ImageOf(DetectedService service, BackingImage backing)
    {
        var registry = BaseImages.Get(backing.BaseImage).Registry;
        var colon = registry.LastIndexOf(':');
        return service.Version is { } version && version.All(c => char.IsAsciiDigit(c) || c == '.') ? $"{registry[..colon]}:{version}" : registry;
    }

    static void Command(YamlMap map, string start)
    {
        if (StartLine.IsPlain(start)) map.Add("command", Escaped(start));
        else map.Add("command", ["sh", "-c", Escaped(start)], inOneLine: true);
    }

    void Ports(YamlMap map, DetectedService service, StatedConfig stated)
    {
        if (service.Port is not { } port) return;
        if (stated.Published ?? !service.Type.IsBacking())
        {
            var host = port;
            while (!_hostPorts.Add(host)) host++;
            map.Add("ports", [string.Create(CultureInfo.InvariantCulture, $"{host}:{port}")]);
        }
        else map.Add("expose", [port.ToString(CultureInfo.InvariantCulture)]);
    }

    YamlMap Environment(DetectedService service, StatedConfig stated, BackingImage? backing)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (backing is not null)
        {
            foreach (var (name, value) in Account(service, backing).Expand(backing.Environment)) values[name] = Opened(Escaped(value));
        }
        foreach (var (name, value) in stated.Environment) values[name] = Escaped(value);
        foreach (var edge in _topology.Dependencies.Where(edge => edge.From == service.Name && edge.EnvVariable is not null && edge.Type != DependencyType.Conflicts))
        {
            if (!_byName.TryGetValue(edge.To, out var other)) continue;
            foreach (var (name, value) in Addresses(edge, other)) values[name] = value;
        }
        foreach (var variable in service.Environment.Where(variable => variable is { Required: true, HasValue: false } && !values.ContainsKey(variable.Name)))
        {
            _asked.Add(variable.Name);
            values[variable.Name] = $"${{{variable.Name}}}";
        }
        var map = new YamlMap();
        foreach (var (name, value) in values) map.Add(name, value);
        return map;
    }

    IEnumerable<(string Name, string Value)> Addresses(DetectedDependency edge, DetectedService other)
    {
        var backing = TopologyExport.KnownBacking(other);
        var account = backing is null ? null : Account(other, backing);
        var target = new ConnectionTarget(other.Name, other.Port ?? backing?.Port) { User = account?.User is { Length: > 0 } user ? user : null, Password = backing?.NeedsPassword == true ? Mark(other) : null, Database = account?.Database is { Length: > 0 } database ? database : null };
        var lines = (edge.ConnectionTemplate ?? ConnectionStrings.DefaultTemplate(other.Type, target)).Split('\n');
        yield return (edge.EnvVariable!, Opened(Escaped(ConnectionStrings.Fill(ConnectionStrings.WithAccount(lines[0], target), target))));
        foreach (var line in lines.Skip(1))
        {
            if (line.Split('=', 2) is [var name, var part]) yield return (name, Opened(Escaped(ConnectionStrings.Fill(part, target))));
        }
    }

    YamlMap DependsOn(DetectedService service)
    {
        var map = new YamlMap();
        foreach (var edge in _topology.Dependencies.Where(edge => edge.From == service.Name))
        {
            if (edge.Type == DependencyType.Conflicts)
            {
                _notSaid.Add($"{edge.From} and {edge.To} never run together");
                continue;
            }
            var condition = new YamlMap().Add("condition", _byName.TryGetValue(edge.To, out var other) && HasCheck(other) ? "service_healthy" : "service_started");
            if (edge.Type == DependencyType.Optional) condition.Add("required", false);
            map.Add(edge.To, condition);
        }
        return map;
    }

    static bool HasCheck(DetectedService service) => TopologyExport.KnownBacking(service) is { HealthCommand.Count: > 0 } || service.Stated is { HealthChecks: [{ Type: CheckType.Exec or CheckType.Http }, ..] };

    void Check(YamlMap map, DetectedService service, StatedConfig stated, BackingImage? backing)
    {
        if (backing is { HealthCommand.Count: > 0 })
        {
            map.Add("healthcheck", new YamlMap().Add("test", Account(service, backing).Expand(backing.HealthCommand).Prepend("CMD").Select(Escaped).Select(Opened), inOneLine: true));
            return;
        }
        if (stated.HealthChecks is not [var check, ..]) return;
        var parts = new YamlMap();
        var address = $"http://127.0.0.1:{check.Port ?? service.Port ?? 80}{check.Path}";
        if (check.Type == CheckType.Http) parts.Add("test", ["CMD-SHELL", Escaped($"wget -qO- {address} || curl -fsS {address}")], inOneLine: true);
        else if (check.Type == CheckType.Exec) parts.Add("test", check.Command.Prepend("CMD").Select(Escaped), inOneLine: true);
        else if (check.Type == CheckType.Docker) parts.Add("disable", true);
        else _notSaid.Add($"the {check.Type.ToString().ToLowerInvariant()} check of {service.Name}");
        if (check.Type is CheckType.Http or CheckType.Exec) parts.Add("interval", ManifestValues.Duration(check.Interval)).Add("timeout", ManifestValues.Duration(check.Timeout)).Add("retries", check.FailureThreshold);
        map.Add("healthcheck", parts);
    }

    YamlMap Deploy(DetectedService service, StatedConfig stated)
    {
        var limits = new YamlMap();
        if (stated.Limits is { } limit)
        {
            limits.Add("cpus", limit.CpuCores?.ToString("0.####", CultureInfo.InvariantCulture)).Add("memory", limit.MemoryBytes is { } bytes ? ManifestValues.Size(bytes).Replace("i", "", StringComparison.Ordinal) : null).Add("pids", limit.Pids);
            if (limit.StorageBytes is not null) _notSaid.Add($"the storage limit of {service.Name}");
        }
        return new YamlMap().Add("replicas", stated.Replicas).Add("resources", new YamlMap().Add("limits", limits));
    }

    /// <summary>A volume of a name that two services use would be one volume in a compose file.</summary>
    string VolumeName(DetectedService service, string name) =>
        _topology.Services.Count(one => one.Stated?.Volumes.Any(volume => volume.Name == name) == true) > 1 ? $"{service.Name}-{name}" : name;

    BackingCredentials Account(DetectedService service, BackingImage backing) => new(backing.DefaultUser ?? "", backing.NeedsPassword ? Mark(service) : "", backing.DefaultDatabase ?? "");

    /// <summary>Stands for a password until everything else of the value is escaped.</summary>
    string Mark(DetectedService service)
    {
        var name = $"{service.Name.Replace('-', '_').ToUpperInvariant()}_PASSWORD";
        _asked.Add(name);
        return $"KYOZOMARK{name}KRAMOZOYK";
    }

    static string Opened(string text) => text.Replace("KYOZOMARK", "${", StringComparison.Ordinal).Replace("KRAMOZOYK", "}", StringComparison.Ordinal);

    static string Escaped(string text) => text.Replace("$", "$$", StringComparison.Ordinal);

    static string Relative(string path) => path == "." ? "." : "./" + path;

    static string FromContext(string context, string dockerfile) =>
        context == "." || Paths.IsIn(dockerfile, context) ? Paths.Inside(context, dockerfile) : string.Concat(Enumerable.Repeat("../", context.Split('/').Length)) + dockerfile;
}
