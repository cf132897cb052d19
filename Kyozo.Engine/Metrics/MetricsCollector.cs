using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Metrics;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Workspaces;
using Kyozo.Engine.Containers;
using Kyozo.Engine.DatabaseVolume;
using Kyozo.Engine.Deployments;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Engine.Metrics;

/// <summary>Reads the counters of every running container, takes the gateway's counts, and stores the differences as metrics.</summary>
public sealed class MetricsCollector(
    IDbContextFactory<KyozoContext> contexts, IContainerRuntime runtime, MetricsStore store, DatabaseVolumeState volume, TimeProvider clock)
{
    /// <summary>Readings at once: each takes the engine about a second, most of it waiting.</summary>
    const int Parallelism = 32;

    static readonly Meter Meter = new("Kyozo.Engine");
    static readonly Counter<long> DroppedCounter = Meter.CreateCounter<long>("kyozo.metrics.dropped", description: "Measured values that could not be stored.");

    readonly ConcurrentDictionary<string, ContainerUsage> _before = new();
    long _dropped;

    /// <summary>Measured values since the start that were not stored: the database was away, or its disk nearly full. The curves have a gap there.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>One round; returns how many metrics were stored.</summary>
    /// <param name="continues">False when another worker did the round before: its differences must not be counted again.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<long> CollectAsync(bool continues, CancellationToken cancellationToken)
    {
        if (!continues) _before.Clear();
        var containers = await LoadAsync(cancellationToken);
        foreach (var gone in _before.Keys.Except(containers.Select(c => c.ContainerId))) _before.TryRemove(gone, out _);

        var measured = new ConcurrentBag<ServiceMetric>();
        try
        {
            await Parallel.ForEachAsync(
                containers, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
                async (container, stop) =>
                {
                    foreach (var metric in await MeasureAsync(container, stop)) measured.Add(metric);
                });
        }
        catch (EngineUnavailableException)
        {
            // A gap in the curves of cpu and memory; what the gateway counted is stored all the same.
        }

        // What the gateway counted stays in its table until there is room.
        if (volume.Level is VolumeLevel.Full) return Drop(measured.Count);
        try
        {
            return await store.WriteAsync([.. measured], CountsOf, cancellationToken);
        }
        catch (NpgsqlException)
        {
            Drop(measured.Count);
            throw;
        }
    }

    long Drop(int count)
    {
        Interlocked.Add(ref _dropped, count);
        DroppedCounter.Add(count);
        return 0;
    }

    async Task<IEnumerable<ServiceMetric>> MeasureAsync(Measured container, CancellationToken cancellationToken)
    {
        if (await runtime.ReadUsageAsync(container.ContainerId, cancellationToken) is not { } now) return [];

        _before.TryGetValue(container.ContainerId, out var before);
        _before[container.ContainerId] = now;
        return UsageDelta.Between(before, now, container.Allowed).Select(m => Row(container.TeamId, container.ServiceId, m, container.ContainerId));
    }

    IEnumerable<ServiceMetric> CountsOf(ServiceCount count) =>
    [
        Row(count.TeamId, count.ServiceId, new(MetricType.Requests, count.Requests, UsageDelta.Count), null),
        Row(count.TeamId, count.ServiceId, new(MetricType.Errors, count.Errors, UsageDelta.Count), null),
    ];

    ServiceMetric Row(Guid teamId, Guid serviceId, Measurement measurement, string? containerId)
    {
        var now = clock.GetUtcNow();
        return new()
        {
            Id = Guid.CreateVersion7(now),
            TeamId = teamId,
            ServiceInstanceId = serviceId,
            MetricType = measurement.Type,
            Value = measurement.Value,
            Unit = measurement.Unit,
            RecordedAt = now,
            ContainerId = containerId,
        };
    }

    async Task<List<Measured>> LoadAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await (
            from container in db.Set<ServiceContainer>().AsNoTracking()
            join service in db.Set<ServiceInstance>() on container.ServiceInstanceId equals service.Id
            join workspace in db.Set<Workspace>() on service.WorkspaceId equals workspace.Id
            where container.RemovedAt == null && container.Status == ContainerStatus.Running && container.ContainerId != null && service.DeletedAt == null
            select new { container.ContainerId, container.TeamId, ServiceId = service.Id, service.ResourceLimits, workspace.DefaultResourceLimits })
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(r => new Measured(
            r.ContainerId!, r.TeamId, r.ServiceId, Allowance(EffectiveLimits.Of(r.ResourceLimits, r.DefaultResourceLimits))));
    }

    static UsageAllowance Allowance(EffectiveLimits limits) => new(limits.CpuCores, limits.StorageBytes);

    sealed record Measured(string ContainerId, Guid TeamId, Guid ServiceId, UsageAllowance Allowed);
}
