using Kyozo.Data.Health;
using Kyozo.Data.Schema;
using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Manifest;

namespace Kyozo.Engine.Topology.Export;

/// <summary>Writes a topology as <c>kyozo.yaml</c>: read back it gives the same services and edges.</summary>
static class KyozoExport
{
    public static string Write(FolderTopology topology)
    {
        var services = new YamlMap();
        foreach (var service in topology.Services) services.Add(service.Name, Service(service, topology.Dependencies));
        var root = new YamlMap().Add("version", 1).Add("detect", false).Add("services", services);
        return root.ToText(["Written by kyozo export. What is left out is found out; every key: docs/kyozo-yaml.md.", "'detect: false': nothing runs but what is named here."]);
    }

    static YamlMap Service(DetectedService service, IReadOnlyList<DetectedDependency> edges)
    {
        var stated = service.Stated ?? new();
        var map = new YamlMap()
            .Add("type", service.Type.Word())
            .Add("path", service.Path)
            .Add("framework", service.Framework)
            .Add("version", service.Version)
            .Add("packageManager", service.PackageManager)
            .Add("dockerfile", service.Dockerfile)
            .Add("image", service.Image)
            .Add("install", Line(service.InstallCommand))
            .Add("build", Line(service.BuildCommand))
            .Add("start", Line(service.StartCommand))
            .Add("output", service.OutputPath)
            .Add("port", service.Port)
            .Add("publish", stated.Published);
        if (stated.HealthChecks is [var check, ..]) map.Add("health", Check(check));
        else map.Add("health", service.HealthPath);
        var environment = new YamlMap();
        foreach (var (name, value) in stated.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal)) environment.Add(name, value);
        var dependencies = new YamlMap();
        foreach (var edge in edges.Where(edge => edge.From == service.Name)) Dependency(dependencies, edge);
        var limits = new YamlMap();
        if (stated.Limits is { } limit) limits.Add("cpu", limit.CpuCores).Add("memory", Size(limit.MemoryBytes)).Add("storage", Size(limit.StorageBytes)).Add("pids", limit.Pids);
        var volumes = new YamlMap();
        foreach (var volume in stated.Volumes) volumes.Add(volume.Name, volume.Path);
        return map.Add("environment", environment).Add("dependencies", dependencies).Add("replicas", stated.Replicas).Add("limits", limits).Add("volumes", volumes);
    }

    static void Dependency(YamlMap into, DetectedDependency edge)
    {
        var parts = new YamlMap();
        if (edge.Type != DependencyType.Requires) parts.Add("type", EnumWord.Of(edge.Type));
        parts.Add("variable", edge.EnvVariable).Add("template", edge.ConnectionTemplate);
        if (parts.IsEmpty) into.Add(edge.To, EnumWord.Of(edge.Type));
        else into.Add(edge.To, parts);
    }

    static YamlMap Check(HealthCheckConfig check)
    {
        var usual = new HealthCheckConfig { Type = check.Type };
        var map = new YamlMap().Add("type", EnumWord.Of(check.Type)).Add("path", check.Path).Add("port", check.Port).Add("command", check.Command, inOneLine: true);
        if (check.Interval != usual.Interval) map.Add("interval", ManifestValues.Duration(check.Interval));
        if (check.Timeout != usual.Timeout) map.Add("timeout", ManifestValues.Duration(check.Timeout));
        if (check.FailureThreshold != usual.FailureThreshold) map.Add("failures", check.FailureThreshold);
        return map;
    }

    static string? Size(long? bytes) => bytes is { } size ? ManifestValues.Size(size) : null;

    /// <summary>A command over several lines is left to detection: the file states one line.</summary>
    static string? Line(string? command) => command is not null && command.Any(char.IsControl) ? null : command;
}
