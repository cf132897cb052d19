using System.Collections.Concurrent;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>Counters of running containers.</summary>
sealed class DockerUsage(DockerCalls calls)
{
    readonly ConcurrentDictionary<string, (DateTimeOffset At, long? Bytes)> _disks = new();

    public async Task<ContainerUsage?> ReadAsync(string containerId, CancellationToken cancellationToken)
    {
        ContainerStatsResponse? stats = null;
        try
        {
            // One-shot leaves out the second sample, for which the engine would wait a second: differences are ours to make.
            var parameters = new ContainerStatsParameters { Stream = false, OneShot = true };
            await calls.RunAsync((docker, token) => docker.Containers.GetContainerStatsAsync(
                containerId, parameters, new InOrder<ContainerStatsResponse>(sample => stats = sample), token), cancellationToken);
        }
        catch (EngineRefusedException gone) when (gone.InnerException is DockerContainerNotFoundException)
        {
            return null;
        }

        return stats is null || UsageFrom(stats) is not { } usage ? null : usage with { DiskBytes = await ReadDiskAsync(containerId, cancellationToken) };
    }

    /// <summary>Null when the sample is that of a container that does not run.</summary>
    internal static ContainerUsage? UsageFrom(ContainerStatsResponse stats)
    {
        if (stats.Read.Year <= 1 || stats.CPUStats?.CPUUsage is not { } cpu || stats.MemoryStats is not { Usage: not null } memory) return null;

        var networks = stats.Networks?.Values ?? [];
        return new()
        {
            At = new(DateTime.SpecifyKind(stats.Read, DateTimeKind.Utc)),
            CpuTime = TimeSpan.FromTicks((long)(cpu.TotalUsage / 100)),
            MemoryBytes = WorkingSet(memory),
            MemoryLimitBytes = (long)(memory.Limit ?? 0),
            ReceivedBytes = networks.Sum(network => (long)network.RxBytes),
            SentBytes = networks.Sum(network => (long)network.TxBytes),
            ReceivedPackets = networks.Sum(network => (long)network.RxPackets),
            SentPackets = networks.Sum(network => (long)network.TxPackets),
        };
    }

    /// <summary>Usage less the page cache that can be given back: <c>total_inactive_file</c> under cgroup v1, <c>inactive_file</c> under v2.</summary>
    static long WorkingSet(MemoryStats memory)
    {
        var inactive = 0UL;
        if (memory.Stats is { } stats && !stats.TryGetValue("total_inactive_file", out inactive)) stats.TryGetValue("inactive_file", out inactive);
        var usage = memory.Usage ?? 0;
        return (long)(usage > inactive ? usage - inactive : usage);
    }

    /// <summary>Writable layer and named volumes; null when the engine cannot say.</summary>
    async Task<long?> ReadDiskAsync(string containerId, CancellationToken cancellationToken)
    {
        var now = calls.Clock.GetUtcNow();
        if (_disks.TryGetValue(containerId, out var known) && now - known.At < calls.Options.DiskUsageAge) return known.Bytes;

        var container = await calls.RunAsync((docker, token) =>
            docker.Containers.InspectContainerAsync(containerId, new ContainerInspectParameters { IncludeSize = true }, token), cancellationToken);
        var volumes = (container.Mounts ?? []).Where(mount => mount.Type == "volume").Sum(mount => SizeOf(mount.Source, cancellationToken));
        long? bytes = container.SizeRw is { } layer ? layer + volumes : null;
        foreach (var (id, entry) in _disks)
        {
            if (now - entry.At > 2 * calls.Options.DiskUsageAge) _disks.TryRemove(id, out _);
        }

        _disks[containerId] = (now, bytes);
        return bytes;
    }

    /// <summary>Bytes of the files below a volume's folder on this host; zero where it cannot be read (an engine elsewhere, or not root).</summary>
    static long SizeOf(string folder, CancellationToken cancellationToken)
    {
        var everything = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        };
        try
        {
            var total = 0L;
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", everything))
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    total += file.Length;
                }
                catch (FileNotFoundException)
                {
                    // Removed meanwhile: a running service's files come and go.
                }
            }

            return total;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
