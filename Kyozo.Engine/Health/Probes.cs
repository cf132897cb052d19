using Kyozo.Data.Health;

namespace Kyozo.Engine.Health;

/// <summary>One way of asking a container whether it is well. It asks and reports; <see cref="HealthPolicy"/> judges.</summary>
public interface IProbe
{
    /// <summary>The check type that this probe answers.</summary>
    CheckType Type { get; }

    /// <summary>Time beyond the check's own limit that the probe needs to clean up after itself.</summary>
    TimeSpan Grace => TimeSpan.Zero;

    /// <summary>Asks once. <see cref="ProbeRunner"/> gives the deadline through <paramref name="cancellationToken"/> and turns what is thrown into a result.</summary>
    Task<ProbeAnswer> AskAsync(HealthCheckConfig check, ProbeTarget target, CancellationToken cancellationToken);
}

/// <summary>The container that is probed. Nothing here comes from a user: the engine and Kyozo's records name it (SAFETY A-37).</summary>
public sealed record ProbeTarget
{
    /// <summary>The engine's id.</summary>
    public required string ContainerId { get; init; }

    /// <summary>Container port → port on 127.0.0.1.</summary>
    public IReadOnlyDictionary<int, int> HostPorts { get; init; } = new Dictionary<int, int>();

    /// <summary>IP address in the workspace's network, or null.</summary>
    public string? Address { get; init; }

    /// <summary>Port for a check that names none: the service's first, or null.</summary>
    public int? DefaultPort { get; init; }
}

/// <summary>What a probe heard.</summary>
/// <param name="Status">The outcome.</param>
/// <param name="Error">Why it is not healthy, or null.</param>
public sealed record ProbeAnswer(CheckStatus Status, string? Error)
{
    /// <summary>It is well.</summary>
    public static ProbeAnswer Healthy { get; } = new(CheckStatus.Healthy, null);

    /// <summary>It is not, for this reason.</summary>
    public static ProbeAnswer Unhealthy(string error) => new(CheckStatus.Unhealthy, error);
}

/// <summary>The outcome of one probe.</summary>
/// <param name="Type">What was asked.</param>
/// <param name="Status">The outcome.</param>
/// <param name="ResponseTime">Time to the answer, or null when none came.</param>
/// <param name="Error">At most 500 characters without control characters, or null.</param>
public sealed record ProbeResult(CheckType Type, CheckStatus Status, TimeSpan? ResponseTime, string? Error);
