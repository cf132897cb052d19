using System.Globalization;
using System.Text.RegularExpressions;
using Docker.DotNet.Models;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>
/// A <see cref="ContainerSpec"/> as the engine is told it: hardened by default (SAFETY §5), and no spec can soften it. Pure.
/// A spec outside what is allowed is an <see cref="ArgumentException"/>: it should have been refused long before.
/// </summary>
static partial class HardenedContainer
{
    static readonly HashSet<string> AllowedCapabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID", "SETGID", "NET_BIND_SERVICE"];

    /// <summary>Names of network modes that are not networks.</summary>
    static readonly HashSet<string> HostModes = new(StringComparer.OrdinalIgnoreCase) { "host", "bridge", "default" };

    public static CreateContainerParameters From(ContainerSpec spec)
    {
        Check(spec);
        return new()
        {
            Name = spec.Name,
            Image = spec.Image,
            Cmd = spec.Command is { Count: > 0 } ? [.. spec.Command] : null!,
            Env = [.. spec.Environment.Select(variable => $"{variable.Key}={variable.Value}")],
            Labels = spec.Labels.ToDictionary(),
            User = spec.User!,
            ExposedPorts = spec.Ports.ToDictionary(port => PortKey(port.ContainerPort), _ => default(EmptyStruct)),
            StopTimeout = spec.StopGrace,
            HostConfig = new()
            {
                NetworkMode = spec.Network,
                // Without an address Docker publishes to the whole world (M7).
                PortBindings = spec.Ports.ToDictionary(
                    port => PortKey(port.ContainerPort),
                    IList<PortBinding> (port) => [new() { HostIP = "127.0.0.1", HostPort = port.HostPort.ToString(CultureInfo.InvariantCulture) }]),
                // Only named volumes: a mount of type volume cannot become a path of the host, whatever its name.
                Mounts = [.. spec.Volumes.Select(volume => new Mount { Type = "volume", Source = volume.Volume, Target = volume.Path })],
                Tmpfs = new Dictionary<string, string> { ["/tmp"] = "rw,noexec,nosuid,nodev,size=128m,mode=1777" },
                CapDrop = ["ALL"],
                CapAdd = [.. spec.Capabilities],
                SecurityOpt = ["no-new-privileges"],
                Memory = spec.MemoryBytes,
                MemorySwap = spec.MemoryBytes,
                // Counts as memory. The engine's own 64 MiB are too few for a query that PostgreSQL runs in parallel, and for a browser.
                ShmSize = Math.Max(64L << 20, spec.MemoryBytes / 4),
                NanoCPUs = (long)Math.Round(spec.CpuCores * 1_000_000_000),
                PidsLimit = spec.Pids,
                LogConfig = new() { Type = "json-file", Config = new Dictionary<string, string> { ["max-size"] = "10m", ["max-file"] = "3" } },
                // A shell as process 1 ignores SIGTERM and leaves zombies; the engine's init does neither.
                Init = true,
                RestartPolicy = new() { Name = RestartPolicyKind.UnlessStopped },
            },
            NetworkingConfig = new()
            {
                EndpointsConfig = new Dictionary<string, EndpointSettings> { [spec.Network] = new() { Aliases = [.. spec.Aliases] } },
            },
        };
    }

    /// <summary>Labels of the image come along into the container (M3): those that look like Kyozo's own, and nobody here set, are emptied.</summary>
    public static void BlankForeignLabels(CreateContainerParameters container, IDictionary<string, string>? imageLabels)
    {
        foreach (var key in imageLabels?.Keys ?? [])
        {
            var reserved = key.StartsWith(KyozoLabels.Prefix, StringComparison.Ordinal) || key.StartsWith("com.docker.", StringComparison.Ordinal);
            if (reserved) container.Labels.TryAdd(key, "");
        }
    }

    static void Check(ContainerSpec spec)
    {
        Require(ContainerName().IsMatch(spec.Name), $"'{spec.Name}' is not a container name.");
        Require(!HostModes.Contains(spec.Network) && !spec.Network.Contains(':'), $"'{spec.Network}' is not a network of a workspace.");
        Require(spec.CpuCores is >= 0.05 and <= 64, $"{spec.CpuCores} cores are outside 0.05..64.");
        Require(spec.MemoryBytes is >= 6L << 20 and <= 1L << 40, $"{spec.MemoryBytes} bytes of memory are outside 6 MiB..1 TiB.");
        Require(spec.Pids is >= 1 and <= 32_768, $"{spec.Pids} processes are outside 1..32768.");
        Require(spec.User is null || NumericUser().IsMatch(spec.User), $"User '{spec.User}' is not numeric.");
        foreach (var capability in spec.Capabilities) Require(AllowedCapabilities.Contains(capability), $"Capability '{capability}' is not given.");
        foreach (var name in spec.Environment.Keys) Require(VariableName().IsMatch(name), $"'{name}' is not a variable's name.");
        foreach (var value in spec.Environment.Values) Require(!value.Contains('\0'), "A variable holds a NUL.");
        foreach (var (volume, path) in spec.Volumes)
        {
            Require(ContainerName().IsMatch(volume), $"'{volume}' is not a volume's name.");
            Require(path.StartsWith('/') && path.Length > 1 && !path.Split('/').Contains(".."), $"'{path}' is not a path to mount at.");
        }

        foreach (var (containerPort, hostPort) in spec.Ports)
        {
            Require(containerPort is >= 1 and <= 65_535, $"Container port {containerPort} is outside 1..65535.");
            Require(hostPort is >= 1024 and <= 65_535, $"Host port {hostPort} is outside 1024..65535.");
        }
    }

    static void Require(bool allowed, string message)
    {
        if (!allowed) throw new ArgumentException(message);
    }

    static string PortKey(int port) => string.Create(CultureInfo.InvariantCulture, $"{port}/tcp");

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}\z")]
    private static partial Regex ContainerName();

    [GeneratedRegex(@"\A\d{1,10}(:\d{1,10})?\z")]
    private static partial Regex NumericUser();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.]{0,254}\z")]
    private static partial Regex VariableName();
}
