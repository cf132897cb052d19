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
        HealthChecks = Checks(detected),
        Volumes = BackingImages.Find(detected.Type)?.DataPath is { } path ? [new("data", path)] : [],
    };

    /// <summary>Its port, published through the gateway when people (or other services by HTTP) are meant to call it.</summary>
    public static IReadOnlyList<PortMapping> Ports(DetectedService detected)
    {
        if (BackingImages.Find(detected.Type) is { } backing) return [new(detected.Port ?? backing.Port, PortProtocol.Tcp, false)];
        return detected.Port is { } port ? [new(port, PortProtocol.Http, true)] : [];
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
            HealthChecks = Same(now.HealthChecks, old.HealthChecks) ? found.HealthChecks : now.HealthChecks,
        };
        var ports = before is not null && service.PortMappings.SequenceEqual(Ports(before)) ? Ports(detected) : service.PortMappings;
        var type = before is not null && service.ServiceType == before.Type ? detected.Type : service.ServiceType;
        var folder = before is not null && service.FolderPath == Folder(before) ? Folder(detected) : service.FolderPath;

        var changed = !Same(config, now) || !ports.SequenceEqual(service.PortMappings) || type != service.ServiceType || folder != service.FolderPath;
        if (changed) (service.DeploymentConfig, service.PortMappings, service.ServiceType, service.FolderPath) = (config, ports, type, folder);
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

    static string? Take(string? now, string? before, string? found) => now is null || now == before ? found : now;

    static bool Same<T>(T one, T other) =>
        System.Text.Json.JsonSerializer.Serialize(one, Data.KyozoJson.Compact) == System.Text.Json.JsonSerializer.Serialize(other, Data.KyozoJson.Compact);
}
