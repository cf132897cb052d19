using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Topology;
using Kyozo.Data.Workspaces;
using Kyozo.Engine.Containers;

namespace Kyozo.Engine.Deployments;

/// <summary>What a service's containers are made from: the same for all replicas.</summary>
public sealed record ContainerBlueprint
{
    public required Guid Installation { get; init; }
    public required Team Team { get; init; }
    public required Workspace Workspace { get; init; }
    public required ServiceInstance Service { get; init; }
    /// <summary>Engine's id of the image.</summary>
    public required string ImageId { get; init; }
    /// <summary>Arguments in place of the image's command; empty keeps it.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];
    /// <summary>All variables, secrets included.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    /// <summary>Capabilities that the image's template needs, each for a reason given there.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];
    /// <summary>Numeric user, or null for the image's own.</summary>
    public string? User { get; init; }
}

/// <summary>The one policy by which a service becomes a container: deployments, reconcile, scaling and rollback all come through here.</summary>
public static class ContainerSpecs
{
    // An image that a person brought may start as root and step down by itself (nginx, most official images).
    static readonly string[] StepDown = ["CHOWN", "NET_BIND_SERVICE", "SETGID", "SETUID"];

    /// <summary>One container of the service.</summary>
    /// <param name="blueprint">What all replicas share.</param>
    /// <param name="record">Its record: name, replica, epoch and ports.</param>
    /// <param name="specHash"><see cref="Hash"/> of the blueprint.</param>
    public static ContainerSpec Build(ContainerBlueprint blueprint, ContainerPlace record, string specHash)
    {
        var (service, workspace) = (blueprint.Service, blueprint.Workspace);
        var limits = EffectiveLimits.Of(service.ResourceLimits, workspace.DefaultResourceLimits);
        return new()
        {
            Name = record.Name,
            Image = blueprint.ImageId,
            Command = blueprint.Command,
            Environment = blueprint.Environment,
            Labels = Labels(blueprint, record, specHash),
            Network = ContainerNames.Network(blueprint.Team.Slug, workspace.Slug, workspace.Id),
            Aliases = [service.Name],
            Ports = [.. record.HostPorts.OrderBy(p => p.Key).Select(p => new PublishedPort(p.Key, p.Value))],
            Volumes = [.. service.DeploymentConfig.Volumes.Select(v => new VolumeBinding(ContainerNames.Volume(workspace.Slug, service.Name, v.Name, service.Id), v.Path))],
            CpuCores = limits.CpuCores,
            MemoryBytes = limits.MemoryBytes,
            Pids = limits.Pids,
            Capabilities = Capabilities(blueprint),
            User = blueprint.User,
        };
    }

    /// <summary>Ports of a service that are bound on 127.0.0.1. A backing service without a published port is reachable in its network only.</summary>
    public static IEnumerable<PortMapping> BoundPorts(ServiceInstance service) =>
        service.PortMappings.Where(p => p.Published || !service.ServiceType.IsBacking()).DistinctBy(p => p.ContainerPort);

    /// <summary>
    /// Hash of everything that makes a container what it is, but for what differs between replicas (name, replica, host ports, epoch): equal hash, nothing to do.
    /// Keyed, because it is shown and the variables hold secrets.
    /// </summary>
    public static string Hash(ContainerBlueprint blueprint, ReadOnlySpan<byte> key)
    {
        var ports = BoundPorts(blueprint.Service).ToDictionary(p => p.ContainerPort, _ => 0);
        var spec = Build(blueprint, new("", 0, 0, ports), "");
        var text = new StringBuilder();
        void Add(string what, string value) => text.Append(what).Append('=').Append(value.Length).Append(':').Append(value).Append('\n');

        Add("image", spec.Image);
        foreach (var part in spec.Command) Add("command", part);
        foreach (var (name, value) in spec.Environment.OrderBy(v => v.Key, StringComparer.Ordinal)) Add("env " + name, value);
        foreach (var alias in spec.Aliases) Add("alias", alias);
        Add("network", spec.Network);
        foreach (var port in spec.Ports) Add("port", port.ContainerPort.ToString(CultureInfo.InvariantCulture));
        foreach (var volume in spec.Volumes.OrderBy(v => v.Path, StringComparer.Ordinal)) Add("volume " + volume.Path, volume.Volume);
        Add("cpu", spec.CpuCores.ToString(CultureInfo.InvariantCulture));
        Add("memory", spec.MemoryBytes.ToString(CultureInfo.InvariantCulture));
        Add("pids", spec.Pids.ToString(CultureInfo.InvariantCulture));
        foreach (var capability in spec.Capabilities) Add("cap", capability);
        Add("user", spec.User ?? "");
        Add("environment", blueprint.Workspace.DeploymentEnvironment);
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text.ToString())));
    }

    static Dictionary<string, string> Labels(ContainerBlueprint blueprint, ContainerPlace record, string specHash) => new()
    {
        [KyozoLabels.Installation] = blueprint.Installation.ToString(),
        [KyozoLabels.Team] = blueprint.Team.Id.ToString(),
        [KyozoLabels.Workspace] = blueprint.Workspace.Id.ToString(),
        [KyozoLabels.Service] = blueprint.Service.Id.ToString(),
        [KyozoLabels.ServiceName] = blueprint.Service.Name,
        [KyozoLabels.Replica] = record.Replica.ToString(CultureInfo.InvariantCulture),
        [KyozoLabels.Epoch] = record.Epoch.ToString(CultureInfo.InvariantCulture),
        [KyozoLabels.SpecHash] = specHash,
        [KyozoLabels.Environment] = blueprint.Workspace.DeploymentEnvironment,
    };

    static IReadOnlyList<string> Capabilities(ContainerBlueprint blueprint)
    {
        var service = blueprint.Service;
        var brought = !service.ServiceType.IsBacking() && (service.DeploymentConfig.Dockerfile ?? service.DeploymentConfig.Image) is not null;
        return [.. blueprint.Capabilities.Concat(brought ? StepDown : []).Distinct().Order(StringComparer.Ordinal)];
    }
}

/// <summary>What differs between the containers of one service.</summary>
/// <param name="Name">Engine's name for it.</param>
/// <param name="Replica">1-based.</param>
/// <param name="Epoch">Lease epoch of the deployment that makes it.</param>
/// <param name="HostPorts">Container port → port on 127.0.0.1.</param>
public sealed record ContainerPlace(string Name, int Replica, long Epoch, IReadOnlyDictionary<int, int> HostPorts);
