using System.Text.RegularExpressions;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Manifest;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Compose;

/// <summary>
/// Reads the compose file of a folder with its override, includes and extends. Variables come from the <c>.env</c> file beside it and
/// from defaults, never from Kyozo's own environment; nothing outside the analysed folder is read.
/// </summary>
sealed partial class ComposeReader(FolderIndex index)
{
    static readonly string[] Names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

    static readonly string[] Refused = ["privileged", "pid", "ipc", "userns_mode", "cgroup_parent", "cap_add", "devices", "security_opt", "device_cgroup_rules", "sysctls", "uts"];

    /// <summary>The file with the variables, or the example of it that one is told to copy.</summary>
    static readonly string[] EnvironmentFiles = [".env", ".env.example", ".env.sample", ".env.dist", ".env.template", ".env.default"];

    readonly Dictionary<string, ComposeService> _services = new(StringComparer.Ordinal);
    int _filesRead;

    /// <summary>The services of the folder's compose file; none when it has none.</summary>
    public static IReadOnlyCollection<ComposeService> Read(FolderIndex index, Folder folder)
    {
        var reader = new ComposeReader(index);
        if (folder.First(Names) is { } file) reader.ReadFile(file);
        else if (folder.Files.FirstOrDefault(one => one.Extension is ".yml" or ".yaml" && (one.Name.StartsWith("docker-compose", StringComparison.Ordinal) || one.Name.StartsWith("compose.", StringComparison.Ordinal))) is { } other) reader.ReadFile(other);
        else return [];
        if (folder.First("compose.override.yaml", "compose.override.yml", "docker-compose.override.yaml", "docker-compose.override.yml") is { } changes) reader.ReadFile(changes);
        return reader._services.Values;
    }

    /// <summary>The services of a file that is a compose file by what stands in it, whatever it is called: stack.yml, local.yml, swarm.yaml.</summary>
    public static IReadOnlyCollection<ComposeService> ReadByContent(FolderIndex index, Folder folder)
    {
        var reader = new ComposeReader(index);
        var files = folder.With(".yml", ".yaml").Where(file => !ManifestTopology.IsManifest(file.Path) && file.Name is not ("render.yaml" or "azure.yaml" or "tye.yaml") && file.Mentions("services:") && (file.Mentions("image:") || file.Mentions("build:")) && !file.Mentions("{{") && index.Yaml(file) is { } root && IsCompose(root));
        if (files.OrderBy(file => Array.FindIndex(Usual, word => file.Name.Contains(word, StringComparison.OrdinalIgnoreCase)) is >= 0 and var place ? place : Usual.Length).FirstOrDefault() is not { } first) return [];
        reader.ReadFile(first);
        return reader._services.Values;
    }

    /// <summary>Parts of the names of such files, the likelier first.</summary>
    static readonly string[] Usual = ["compose", "stack", "swarm", "local", "dev", "docker"];

    static bool IsCompose(YamlNode root) =>
        root["apiVersion"] is null && root["kind"] is null && root["services"] is { Map.Count: > 0 } services && services.Entries.All(entry => entry.Value.Map is not null) &&
        services.Entries.Any(entry => entry.Value["image"]?.Scalar is not null || entry.Value["build"] is { Map: not null } or { Scalar: ['.', ..] });

    void ReadFile(SnapshotFile file)
    {
        if (++_filesRead > 20 || index.Yaml(file) is not { } root) return;
        var variables = DotEnv.Of(Array.ConvertAll(EnvironmentFiles, name => index.File(Paths.Join(file.Folder, name))).FirstOrDefault(found => found is not null));
        foreach (var include in root["include"]?.Items ?? [])
        {
            foreach (var path in include.Scalar is not null ? include.Words : include["path"]?.Words ?? [])
            {
                if (Inside(file, path, "include") is { } included && index.File(included) is { } found) ReadFile(found);
            }
        }
        foreach (var (name, line, node) in root["services"]?.Entries ?? [])
        {
            if (!_services.TryGetValue(name, out var service)) _services[name] = service = new() { Name = name, File = file.Path, Line = line };
            Apply(service, node, file, variables, 0);
        }
    }

    void Apply(ComposeService service, YamlNode node, SnapshotFile file, IReadOnlyDictionary<string, string> variables, int depth)
    {
        if (depth < 5 && node["extends"] is { } extends) Extend(service, extends, file, variables, depth);

        string? Text(YamlNode? value) => value?.Scalar is { } text ? Fill(text, variables) : null;

        service.Hosts.Add(service.Name);
        // A name that only the one who installs it knows stays as it is written.
        service.Image = (Text(node["image"]) is { } image ? image.TrimStart(':') is { Length: > 0 } ? image : node["image"]!.Scalar : null) ?? service.Image;
        if (Text(node["container_name"]) is { Length: > 0 } container) service.Hosts.Add(container);
        if (Text(node["hostname"]) is { Length: > 0 } host) service.Hosts.Add(host);
        foreach (var (_, _, network) in node["networks"]?.Entries ?? [])
        {
            foreach (var alias in network["aliases"]?.Words ?? []) service.Hosts.Add(Fill(alias, variables));
        }
        if (node["build"] is { } build)
        {
            var context = Text(build) ?? Text(build["context"]) ?? ".";
            var isRemote = context.Contains("://", StringComparison.Ordinal) || context.StartsWith("git@", StringComparison.Ordinal) || context.StartsWith("github.com/", StringComparison.Ordinal);
            service.Context = isRemote ? null : Inside(file, context, "build");
            if (isRemote) service.Image ??= context;
            if (service.Context is not null && (Text(build["dockerfile"]) ?? "Dockerfile") is var dockerfile && Paths.Resolve(service.Context, dockerfile) is { } path) service.Dockerfile = path;
        }
        if (node["command"] is { } command) service.Command = CommandLine(command, variables);

        var ports = new List<int>();
        foreach (var port in node["ports"]?.Items ?? [])
        {
            if (Port(Text(port) ?? Text(port["target"])) is { } number) ports.Add(number);
        }
        foreach (var port in node["expose"]?.Items ?? [])
        {
            if (Port(Text(port)) is { } number) ports.Add(number);
        }
        service.Ports.AddRange(ports.Where(port => !service.Ports.Contains(port)));

        foreach (var (name, value, line) in Variables(node["environment"])) service.Environment[name] = (value is null ? null : Fill(value, variables), line);
        foreach (var path in node["env_file"]?.Scalar is not null ? node["env_file"]!.Words : (node["env_file"]?.Items ?? []).Select(item => item.Scalar ?? item["path"]?.Scalar).OfType<string>())
        {
            if (Inside(file, path, "env_file") is not { } inside || index.File(inside) is not { } environment) continue;
            foreach (var (name, value) in DotEnv.Of(environment)) service.Environment.TryAdd(name, (value, node.Line));
        }

        var dependsOn = node["depends_on"];
        foreach (var item in dependsOn?.Items ?? []) if (item.Scalar is { } name) service.DependsOn[name] = (true, item.Line);
        foreach (var (name, line, condition) in dependsOn?.Entries ?? []) service.DependsOn[name] = (condition["required"]?.Scalar != "false", line);
        foreach (var link in node["links"]?.Items ?? []) if (link.Scalar?.Split(':')[0] is { Length: > 0 } name) service.DependsOn.TryAdd(name, (true, link.Line));
        if (Text(node["network_mode"]) is { } mode && mode.StartsWith("service:", StringComparison.Ordinal)) service.DependsOn.TryAdd(mode[8..], (true, node.LineOf("network_mode") ?? node.Line));

        foreach (var volume in node["volumes"]?.Items ?? [])
        {
            var source = Fill(volume.Scalar?.Split(':')[0] ?? volume["source"]?.Scalar ?? "", variables);
            if (source.StartsWith('.') && Paths.Resolve(file.Folder, source) is { } mounted) service.Mounts.Add(mounted);
        }

        var test = string.Join(' ', node["healthcheck"]?["test"]?.Words ?? []);
        if (HealthAddress().Match(test) is { Success: true } health) service.HealthPath = health.Groups[1].Value is { Length: > 0 } asked ? asked : "/";
        service.Stated = ComposeStated.Read(node, service.Stated, text => Fill(text, variables), (what, reason) => index.Note($"{file.Path}#{service.Name}.{what}", reason));
        Refuse(service, node, file);
    }

    void Extend(ComposeService service, YamlNode extends, SnapshotFile file, IReadOnlyDictionary<string, string> variables, int depth)
    {
        var source = file;
        if (extends["file"]?.Scalar is { } path)
        {
            if (Inside(file, path, "extends") is not { } inside || index.File(inside) is not { } found) return;
            source = found;
        }
        var name = extends.Scalar ?? extends["service"]?.Scalar;
        if (name is not null && index.Yaml(source)?["services"]?[name] is { } node) Apply(service, node, source, variables, depth + 1);
    }

    /// <summary>Tells what is not taken over, because it would reach the host or others.</summary>
    void Refuse(ComposeService service, YamlNode node, SnapshotFile file)
    {
        void Tell(string what) => index.Note($"{file.Path}#{service.Name}.{what}", "ignored: not allowed");

        foreach (var key in Refused.Where(key => node[key] is { Scalar: not "false" })) Tell(key);
        if (node["network_mode"]?.Scalar is "host") Tell("network_mode");
        foreach (var volume in node["volumes"]?.Items ?? [])
        {
            var source = volume.Scalar?.Split(':')[0] ?? (volume["type"]?.Scalar == "bind" ? volume["source"]?.Scalar : null);
            if (source is not null && (source.StartsWith('/') && volume.Scalar?.Contains(':', StringComparison.Ordinal) != false || source.StartsWith('~') || source.Contains("..", StringComparison.Ordinal) || source.Contains('`', StringComparison.Ordinal) || source.Contains("$(", StringComparison.Ordinal))) Tell($"volumes[{source}]");
        }
    }

    /// <summary>The command as one line; of a shell that is named only to run a line, that line.</summary>
    static string? CommandLine(YamlNode command, IReadOnlyDictionary<string, string> variables)
    {
        var words = command.Words.Select(word => Fill(word, variables)).ToList();
        return command.Scalar is null && words is ["sh" or "/bin/sh" or "bash" or "/bin/bash", "-c", var line] ? line : words.Count == 0 ? null : string.Join(' ', words);
    }

    string? Inside(SnapshotFile file, string path, string what)
    {
        if (Paths.Resolve(file.Folder, path) is { } inside) return inside;
        index.Note($"{file.Path}#{what}[{path}]", "ignored: outside the folder");
        return null;
    }

    static IEnumerable<(string Name, string? Value, int Line)> Variables(YamlNode? environment)
    {
        foreach (var item in environment?.Items ?? [])
        {
            if (item.Scalar?.Split('=', 2) is [var name, var value]) yield return (name, value, item.Line);
            else if (item.Scalar is { } bare) yield return (bare, null, item.Line);
        }
        foreach (var (name, line, value) in environment?.Entries ?? []) yield return (name, value.Scalar, line);
    }

    /// <summary>The container's side of <c>127.0.0.1:8080:80/tcp</c>; of a range its first.</summary>
    static int? Port(string? text) =>
        text is not null && int.TryParse(text.Split('/')[0].Split(':')[^1].Split('-')[0].Trim(), out var port) && port is > 0 and < 65536 ? port : null;

    /// <summary>Compose's own interpolation, over values that the folder gives; never a command, never Kyozo's environment.</summary>
    static string Fill(string text, IReadOnlyDictionary<string, string> variables) => !text.Contains('$', StringComparison.Ordinal) ? text : Variable().Replace(text, match =>
    {
        if (match.Value == "$$") return "$";
        var name = match.Groups["braced"].Success ? match.Groups["braced"].Value : match.Groups["plain"].Value;
        return variables.TryGetValue(name, out var value) && value.Length > 0 ? value : match.Groups["default"].Value;
    });

    [GeneratedRegex(@"\$(\$|\{(?<braced>\w+)(:?(-(?<default>[^}]*)|[?+][^}]*))?\}|(?<plain>[A-Za-z_]\w*))", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    [GeneratedRegex(@"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?(/[\w/.-]*)?", RegexOptions.CultureInvariant)]
    private static partial Regex HealthAddress();
}
