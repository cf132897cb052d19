using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.Images;

namespace Kyozo.Engine.ServiceInstances;

/// <summary>From what was found in a folder to how it is run: image, ports, checks, volumes. Pure.</summary>
public static class DetectedConfig
{
    /// <summary>The service's folder relative to the workspace, with a leading slash.</summary>
    public static string Folder(DetectedService detected) => Slashed(detected.Path ?? ".");

    /// <summary>How it is built, started, checked, and what it keeps.</summary>
    public static DeploymentConfig Config(DetectedService detected) => new()
    {
        Framework = detected.Framework,
        Version = detected.Version,
        PackageManager = detected.PackageManager,
        InstallCommand = detected.InstallCommand,
        BuildCommand = detected.BuildCommand,
        StartCommand = detected.StartCommand,
        OutputPath = detected.OutputPath,
        Dockerfile = detected.Dockerfile,
        SharedFolders = [.. detected.Watch.Select(Slashed).Where(folder => folder != Folder(detected)).Order(StringComparer.Ordinal)],
        Image = detected.Image,
        Environment = detected.Stated?.Environment ?? new Dictionary<string, string>(),
        HealthChecks = detected.Stated is { HealthChecks: { Count: > 0 } checks } ? checks : Checks(detected),
        Volumes = Volumes(detected),
    };

    /// <summary>Limits that the folder states; empty ones are filled from the workspace.</summary>
    public static ResourceLimits Limits(DetectedService detected) => detected.Stated?.Limits ?? new();

    /// <summary>Replicas that the folder states, else one.</summary>
    public static ScalingConfig Scaling(DetectedService detected)
    {
        var usual = new ScalingConfig();
        return detected.Stated?.Replicas is { } replicas ? usual with { Replicas = replicas, MinReplicas = Math.Min(replicas, usual.MinReplicas), MaxReplicas = Math.Max(replicas, usual.MaxReplicas) } : usual;
    }

    /// <summary>Its port, published through the gateway when people (or other services by HTTP) are meant to call it.</summary>
    public static IReadOnlyList<PortMapping> Ports(DetectedService detected)
    {
        if (BackingImages.Find(detected.Type) is { } backing) return [new(detected.Port ?? backing.Port, PortProtocol.Tcp, detected.Stated?.Published ?? false)];
        return detected.Port is { } port ? [new(port, PortProtocol.Http, detected.Stated?.Published ?? true)] : [];
    }

    /// <summary>Brings a service that was taken over earlier up to date with a new analysis.</summary>
    /// <param name="service">The service.</param>
    /// <param name="detected">What is found now.</param>
    /// <param name="before">What was found when it was last taken over; where the service differs from that, a person decided and it stays. Null: everything stays but what is empty.</param>
    /// <returns>True when something changed.</returns>
    public static bool Update(ServiceInstance service, DetectedService detected, DetectedService? before)
    {
        var (now, old) = (service.DeploymentConfig, before is null ? new() : Config(before));
        var found = Config(detected);
        var config = now with
        {
            Framework = Take(now.Framework, old.Framework, found.Framework),
            Version = Take(now.Version, old.Version, found.Version),
            PackageManager = Take(now.PackageManager, old.PackageManager, found.PackageManager),
            InstallCommand = Take(now.InstallCommand, old.InstallCommand, found.InstallCommand),
            BuildCommand = Take(now.BuildCommand, old.BuildCommand, found.BuildCommand),
            StartCommand = Take(now.StartCommand, old.StartCommand, found.StartCommand),
            OutputPath = Take(now.OutputPath, old.OutputPath, found.OutputPath),
            Dockerfile = Take(now.Dockerfile, old.Dockerfile, found.Dockerfile),
            Image = Take(now.Image, old.Image, found.Image),
            SharedFolders = Same(now.SharedFolders, old.SharedFolders) ? found.SharedFolders : now.SharedFolders,
            Environment = Take(now.Environment, old.Environment, found.Environment),
            HealthChecks = Same(now.HealthChecks, old.HealthChecks) ? found.HealthChecks : now.HealthChecks,
            Volumes = Same(now.Volumes, old.Volumes) ? found.Volumes : now.Volumes,
        };
        var limits = before is not null && service.ResourceLimits == Limits(before) ? Limits(detected) : service.ResourceLimits;
        var scaling = before is not null && service.ScalingConfig == Scaling(before) ? Scaling(detected) : service.ScalingConfig;
        var ports = before is not null && service.PortMappings.SequenceEqual(Ports(before)) ? Ports(detected) : service.PortMappings;
        var type = before is not null && service.ServiceType == before.Type ? detected.Type : service.ServiceType;
        var folder = before is not null && service.FolderPath == Folder(before) ? Folder(detected) : service.FolderPath;

        var changed = !Same(config, now) || !ports.SequenceEqual(service.PortMappings) || type != service.ServiceType || folder != service.FolderPath || limits != service.ResourceLimits || scaling != service.ScalingConfig;
        if (changed) (service.DeploymentConfig, service.PortMappings, service.ServiceType, service.FolderPath, service.ResourceLimits, service.ScalingConfig) = (config, ports, type, folder, limits, scaling);
        return changed;
    }

    static IReadOnlyList<HealthCheckConfig> Checks(DetectedService detected)
    {
        if (BackingImages.Find(detected.Type) is { } backing)
        {
            if (backing.HealthCommand.Count == 0) return [new() { Type = CheckType.Tcp, Port = detected.Port ?? backing.Port }];
            var account = new BackingCredentials(backing.DefaultUser ?? "", "", backing.DefaultDatabase ?? "");
            return [new() { Type = CheckType.Exec, Command = account.Expand(backing.HealthCommand) }];
        }

        if (detected.Port is not { } port) return [new() { Type = CheckType.Docker }];
        return detected.HealthPath is { } path
            ? [new() { Type = CheckType.Http, Port = port, Path = path }]
            : [new() { Type = CheckType.Tcp, Port = port }];
    }

    static string Slashed(string path) => path == "." ? "/" : "/" + path.Trim('/');

    static IReadOnlyList<VolumeMount> Volumes(DetectedService detected)
    {
        IReadOnlyList<VolumeMount> own = BackingImages.Find(detected.Type)?.DataPath is { } path ? [new("data", path)] : [];
        return [.. own.Concat(detected.Stated?.Volumes ?? []).DistinctBy(volume => volume.Path).DistinctBy(volume => volume.Name)];
    }

    // Variable by variable: one that a person set or emptied stays as he left it.
    static SortedDictionary<string, string> Take(IReadOnlyDictionary<string, string> now, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> found)
    {
        var taken = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in now.Keys.Union(found.Keys))
        {
            var untouched = now.GetValueOrDefault(name) == before.GetValueOrDefault(name);
            if ((untouched ? found : now).TryGetValue(name, out var value)) taken[name] = value;
        }
        return taken;
    }

    static string? Take(string? now, string? before, string? found) => now is null || now == before ? found : now;

    static bool Same<T>(T one, T other) =>
        System.Text.Json.JsonSerializer.Serialize(one, Data.KyozoJson.Compact) == System.Text.Json.JsonSerializer.Serialize(other, Data.KyozoJson.Compact);
}
