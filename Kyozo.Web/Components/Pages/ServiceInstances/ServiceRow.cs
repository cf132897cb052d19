using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Engines;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Web.Components.Shared;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.ServiceInstances;

/// <summary>A service as lists, maps and the overview show it.</summary>
public sealed record ServiceRow(
    Guid Id, Guid WorkspaceId, string Name, ServiceType Type, string? Framework, ServiceStatus Status, string? Reason, DateTimeOffset Since,
    HealthState Health, int Wanted, int Running, string? Address)
{
    public IReadOnlyList<HealthBar.Beat> Beats { get; init; } = [];

    /// <summary>"nodejs · express".</summary>
    public string What => Framework is null ? Type.Word() : $"{Type.Word()} · {Framework}";

    /// <summary>True for what a person should look at.</summary>
    public bool NeedsAttention => Status is ServiceStatus.Failed or ServiceStatus.CrashLooping or ServiceStatus.Degraded or ServiceStatus.Unknown || Health is HealthState.Unhealthy;

    public bool IsWell => Status is ServiceStatus.Running && Health is not HealthState.Unhealthy;
}

/// <summary>Reads services as rows.</summary>
public static class ServiceRows
{
    const int MaxWithBeats = 60;
    static readonly TimeSpan BeatsSince = TimeSpan.FromMinutes(15);

    /// <param name="db">As the person.</param>
    /// <param name="team">The person's. The wall says so too, but the planner does not know of whom it speaks, and reads the services of all.</param>
    /// <param name="workspace">Only of this workspace, or null for all of the team.</param>
    /// <param name="now">The clock's.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<List<ServiceRow>> ReadAsync(KyozoContext db, Guid team, Guid? workspace, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var services = await db.ServiceInstances.AsNoTracking()
            .Where(service => service.TeamId == team && service.DeletedAt == null && (workspace == null || service.WorkspaceId == workspace))
            .OrderBy(service => service.Name).ToListAsync(cancellationToken);
        return await WithWhatRunsAsync(db, services, now, cancellationToken);
    }

    public static async Task<ServiceRow> ReadOneAsync(KyozoContext db, ServiceInstance service, DateTimeOffset now, CancellationToken cancellationToken) =>
        (await WithWhatRunsAsync(db, [service], now, cancellationToken, beatsEach: 48))[0];

    static async Task<List<ServiceRow>> WithWhatRunsAsync(
        KyozoContext db, List<ServiceInstance> services, DateTimeOffset now, CancellationToken cancellationToken, int beatsEach = 24)
    {
        var ids = services.Select(service => service.Id).ToList();
        var running = (await db.ServiceContainers.AsNoTracking()
            .Where(container => ids.Contains(container.ServiceInstanceId) && container.RemovedAt == null && container.Status == ContainerStatus.Running)
            .GroupBy(container => container.ServiceInstanceId).Select(group => new { group.Key, Count = group.Count() }).ToListAsync(cancellationToken))
            .ToDictionary(group => group.Key, group => group.Count);
        var addresses = await AddressesAsync(db, ids, cancellationToken);
        var beats = ids.Count <= MaxWithBeats ? await BeatsAsync(db, ids, now - BeatsSince, beatsEach, cancellationToken) : [];
        return services.ConvertAll(service => new ServiceRow(
            service.Id, service.WorkspaceId, service.Name, service.ServiceType, service.DeploymentConfig.Framework, service.Status, service.StatusReason,
            service.StatusSince, service.Health, service.ScalingConfig.Replicas, running.GetValueOrDefault(service.Id), addresses.GetValueOrDefault(service.Id))
        {
            Beats = beats.GetValueOrDefault(service.Id) ?? [],
        });
    }

    /// <summary>The stable address of each service that has one.</summary>
    public static async Task<Dictionary<Guid, string>> AddressesAsync(KyozoContext db, IReadOnlyCollection<Guid> services, CancellationToken cancellationToken) =>
        (await db.PortReservations.AsNoTracking()
            .Where(port => services.Contains(port.ServiceInstanceId) && port.Use == PortUse.Gateway)
            .Select(port => new { port.ServiceInstanceId, port.Port }).ToListAsync(cancellationToken))
        .GroupBy(port => port.ServiceInstanceId)
        .ToDictionary(group => group.Key, group => $"http://localhost:{group.Min(port => port.Port)}");

    static async Task<Dictionary<Guid, List<HealthBar.Beat>>> BeatsAsync(KyozoContext db, List<Guid> services, DateTimeOffset since, int each, CancellationToken cancellationToken) =>
        (await db.HealthChecks.AsNoTracking()
            .Where(check => services.Contains(check.ServiceInstanceId) && check.CheckedAt >= since)
            .OrderBy(check => check.CheckedAt)
            .Select(check => new { check.ServiceInstanceId, Beat = new HealthBar.Beat(check.Status, check.CheckedAt, check.ResponseTimeMs, check.ErrorMessage) })
            .ToListAsync(cancellationToken))
        .GroupBy(check => check.ServiceInstanceId)
        .ToDictionary(group => group.Key, group => group.Select(check => check.Beat).TakeLast(each).ToList());
}
