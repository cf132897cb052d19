using Kyozo.Data.ServiceInstances;

namespace Kyozo.Engine.Deployments;

/// <summary>Limits in force: the service's own, else the workspace's default, else Kyozo's. "None given" never means unlimited (SAFETY M10).</summary>
/// <param name="CpuCores">0.05..64 cores.</param>
/// <param name="MemoryBytes">Memory and swap together.</param>
/// <param name="StorageBytes">Writable layer and own volumes together; watched, not enforced by the engine (SAFETY M9).</param>
/// <param name="Pids">Processes and threads.</param>
public sealed record EffectiveLimits(double CpuCores, long MemoryBytes, long StorageBytes, int Pids)
{
    /// <summary>Kyozo's own defaults: one core, 512 MiB, 10 GiB, 512 processes.</summary>
    public static EffectiveLimits Default { get; } = new(1, 512L << 20, 10L << 30, 512);

    /// <summary>What holds for a service of a workspace.</summary>
    public static EffectiveLimits Of(ResourceLimits service, ResourceLimits workspace) => new(
        Math.Clamp(service.CpuCores ?? workspace.CpuCores ?? Default.CpuCores, 0.05, 64),
        Math.Clamp(service.MemoryBytes ?? workspace.MemoryBytes ?? Default.MemoryBytes, 16L << 20, 1L << 40),
        service.StorageBytes ?? workspace.StorageBytes ?? Default.StorageBytes,
        Math.Clamp(service.Pids ?? workspace.Pids ?? Default.Pids, 16, 32768));
}
