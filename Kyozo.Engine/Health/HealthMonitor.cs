using System.Collections.Concurrent;
using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Health;

/// <summary>Probes running services when their checks are due, all at once, and hands what was found to <see cref="HealthUpdater"/>.</summary>
public sealed class HealthMonitor(
    IDbContextFactory<KyozoContext> contexts, ProbeRunner probes, HealthUpdater updater, TimeProvider clock)
{
    static readonly HealthCheckConfig EngineCheck = new() { Type = CheckType.Docker };

    // A tick a little early is better than one a whole tick late.
    static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    // In memory: another worker that probes as well does no harm, and after a restart everything is due.
    readonly ConcurrentDictionary<Guid, DateTimeOffset> _due = new();

    /// <summary>Probes every service whose check is due; returns how many.</summary>
    public async Task<int> CheckDueAsync(CancellationToken cancellationToken)
    {
        await updater.ForgetStoppedAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var watched = await LoadAsync(null, cancellationToken);
        foreach (var gone in _due.Keys.Except(watched.Select(w => w.Id))) _due.TryRemove(gone, out _);

        var due = watched.Where(w => !_due.TryGetValue(w.Id, out var at) || at <= now + Slack).ToList();
        foreach (var service in due) _due[service.Id] = now + service.Checks.Min(c => c.Interval);
        await CheckAsync(due, cancellationToken);
        return due.Count;
    }

    /// <summary>Probes one service now, due or not; empty when it is not running.</summary>
    public async Task<IReadOnlyList<ProbeResult>> CheckNowAsync(Guid teamId, Guid serviceId, CancellationToken cancellationToken)
    {
        var watched = await LoadAsync((teamId, serviceId), cancellationToken);
        return [.. (await CheckAsync(watched, cancellationToken)).SelectMany(s => s.Results).Select(r => r.Result)];
    }

    async Task<IReadOnlyList<CheckedService>> CheckAsync(IReadOnlyList<Watched> services, CancellationToken cancellationToken)
    {
        var found = new CheckedService[services.Count];
        await Parallel.ForAsync(0, services.Count, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellationToken },
            async (i, stop) => found[i] = await CheckAsync(services[i], stop));
        await updater.ApplyAsync(found, cancellationToken);
        return found;
    }

    async Task<CheckedService> CheckAsync(Watched service, CancellationToken cancellationToken)
    {
        var results = await Task.WhenAll(service.Containers.Select(c => CheckAsync(service, c, cancellationToken)));
        return new()
        {
            TeamId = service.TeamId,
            ServiceId = service.Id,
            Before = service.Health,
            FailureThreshold = service.Checks.Max(c => c.FailureThreshold),
            Memory = service.Checks.Max(c => (c.Interval + c.Timeout) * (c.FailureThreshold + 1)) + TimeSpan.FromMinutes(1),
            Results = results is []
                ? [new(null, new(CheckType.Docker, CheckStatus.Unhealthy, null, "No container of this service is running."), Certain: true)]
                : [.. results.SelectMany(r => r)],
        };
    }

    async Task<IReadOnlyList<CheckedContainer>> CheckAsync(Watched service, ServiceContainer container, CancellationToken cancellationToken)
    {
        var target = new ProbeTarget
        {
            ContainerId = container.ContainerId!,
            HostPorts = container.HostPorts,
            DefaultPort = service.DefaultPort,
        };
        var results = await probes.RunAllAsync([.. service.Checks.Select(c => (c, target))], cancellationToken);

        // Two checks of one type on one container are told apart by nobody later: the worse one counts.
        var worst = results.GroupBy(r => r.Type).Select(g => g.MaxBy(r => Badness(r.Status))!).ToList();
        if (worst.TrueForAll(r => r.Status is CheckStatus.Healthy)) return worst.ConvertAll(r => new CheckedContainer(container.ContainerId, r));

        // Why does it not answer? When it does not run the engine knows better, and knows for certain.
        var engine = await probes.RunAsync(EngineCheck, target, cancellationToken);
        return worst.ConvertAll(r => engine.Status switch
        {
            CheckStatus.Healthy => new CheckedContainer(container.ContainerId, r),
            CheckStatus.Unhealthy => new(container.ContainerId, r with { Status = CheckStatus.Unhealthy, Error = engine.Error }, Certain: true),
            _ => new(container.ContainerId, r with { Status = CheckStatus.Unknown, Error = engine.Error }),
        });
    }

    async Task<List<Watched>> LoadAsync((Guid TeamId, Guid ServiceId)? only, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var services = await db.Set<ServiceInstance>().AsNoTracking()
            .Where(s => s.DeletedAt == null && s.WantedRunning && (only == null || (s.TeamId == only.Value.TeamId && s.Id == only.Value.ServiceId)))
            .Select(s => new { s.Id, s.TeamId, s.Status, s.Health, s.DeploymentConfig, s.PortMappings })
            .ToListAsync(cancellationToken);
        var ids = services.ConvertAll(s => s.Id);
        var containers = (await db.Set<ServiceContainer>().AsNoTracking()
            .Where(c => ids.Contains(c.ServiceInstanceId) && c.RemovedAt == null && c.InService && c.Status == ContainerStatus.Running && c.ContainerId != null)
            .ToListAsync(cancellationToken)).ToLookup(c => c.ServiceInstanceId);

        return [.. services
            .Where(s => containers.Contains(s.Id) || s.Status is ServiceStatus.Running or ServiceStatus.Degraded or ServiceStatus.CrashLooping)
            .Select(s => new Watched(
                s.Id, s.TeamId, s.Health,
                s.DeploymentConfig.HealthChecks is { Count: > 0 } checks ? checks : [EngineCheck],
                s.PortMappings.Count > 0 ? s.PortMappings[0].ContainerPort : null,
                [.. containers[s.Id]]))];
    }

    static int Badness(CheckStatus status) => status switch
    {
        CheckStatus.Healthy => 0,
        CheckStatus.Unknown => 1,
        CheckStatus.TimedOut => 2,
        _ => 3,
    };

    sealed record Watched(
        Guid Id, Guid TeamId, HealthState Health, IReadOnlyList<HealthCheckConfig> Checks, int? DefaultPort, IReadOnlyList<ServiceContainer> Containers);
}
