using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Health;

/// <summary>What the checks of one service found.</summary>
public sealed record CheckedService
{
    /// <summary>Its team.</summary>
    public required Guid TeamId { get; init; }

    /// <summary>The service.</summary>
    public required Guid ServiceId { get; init; }

    /// <summary>Its state before.</summary>
    public required HealthState Before { get; init; }

    /// <summary>Consecutive failures that make it unhealthy.</summary>
    public required int FailureThreshold { get; init; }

    /// <summary>How far back results count: older ones say nothing about now.</summary>
    public required TimeSpan Memory { get; init; }

    /// <summary>One result for each container and check type.</summary>
    public required IReadOnlyList<CheckedContainer> Results { get; init; }
}

/// <summary>One result.</summary>
/// <param name="ContainerId">The engine's id, or null for the service as a whole.</param>
/// <param name="Result">What the probe found.</param>
/// <param name="Certain">The engine itself says that the container does not run: no need to wait for more failures.</param>
public sealed record CheckedContainer(string? ContainerId, ProbeResult Result, bool Certain = false);

/// <summary>The only writer of <c>health_checks</c> and of a service's health: results, judgement and event in one transaction.</summary>
public sealed class HealthUpdater(IDbContextFactory<KyozoContext> contexts, EventLog events, TimeProvider clock)
{
    /// <summary>Stores the results and, where the judgement changes, the new state with its event.</summary>
    public async Task ApplyAsync(IReadOnlyList<CheckedService> services, CancellationToken cancellationToken)
    {
        if (services.Count == 0) return;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var histories = await ReadHistoriesAsync(db, services, now, cancellationToken);

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.AddRange(services.SelectMany(s => s.Results.Select(r => Row(s, r, now))));
        await db.SaveChangesAsync(cancellationToken);

        // In the order of ids: two writers that lock the same heads do not wait for each other in a circle.
        foreach (var service in services.OrderBy(s => s.ServiceId))
        {
            var after = HealthPolicy.Judge(service.Before, [.. service.Results.Select(r => History(service, r, histories))]);
            if (after != service.Before) await ChangeAsync(db, service, after, now, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Forgets the health of services that are not running on purpose.</summary>
    public async Task ForgetStoppedAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<ServiceInstance>()
            .Where(s => s.Health != HealthState.Unknown
                && (s.DeletedAt != null || s.Status == ServiceStatus.Stopped || s.Status == ServiceStatus.Failed || s.Status == ServiceStatus.Detected))
            .ExecuteUpdateAsync(u => u.SetProperty(s => s.Health, HealthState.Unknown).SetProperty(s => s.HealthSince, now), cancellationToken);
    }

    async Task ChangeAsync(KyozoContext db, CheckedService service, HealthState after, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var changed = await db.Set<ServiceInstance>()
            .Where(s => s.TeamId == service.TeamId && s.Id == service.ServiceId && s.Health == service.Before)
            .ExecuteUpdateAsync(u => u.SetProperty(s => s.Health, after).SetProperty(s => s.HealthSince, now), cancellationToken);
        if (changed == 0 || after is HealthState.Unknown) return;

        var failed = after is HealthState.Unhealthy
            ? service.Results.Select(r => r.Result).FirstOrDefault(r => r.Status is not CheckStatus.Healthy)
            : null;
        var data = new
        {
            From = service.Before,
            To = after,
            Checks = service.Results.Select(r => new { r.Result.Type, r.Result.Status, r.ContainerId }),
        };
        await events.AppendAsync(
            db,
            new NewEvent(service.TeamId, service.ServiceId, after is HealthState.Healthy ? EventType.HealthCheckPassed : EventType.HealthCheckFailed, data, failed?.Error),
            cancellationToken);
    }

    // Only services with a failure need their past: one success is health.
    static async Task<ILookup<(Guid, string?, CheckType), CheckStatus>> ReadHistoriesAsync(
        KyozoContext db, IReadOnlyList<CheckedService> services, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var failing = services.Where(s => s.Results.Any(r => r.Result.Status is not CheckStatus.Healthy)).ToList();
        if (failing.Count == 0) return Array.Empty<CheckStatus>().ToLookup(_ => (Guid.Empty, (string?)null, CheckType.Docker));

        var ids = failing.ConvertAll(s => s.ServiceId);
        var since = now - failing.Max(s => s.Memory);
        var rows = await db.Set<HealthCheck>().AsNoTracking()
            .Where(h => ids.Contains(h.ServiceInstanceId) && h.CheckedAt >= since)
            .OrderByDescending(h => h.CheckedAt)
            .Select(h => new { h.ServiceInstanceId, h.ContainerId, h.CheckType, h.Status })
            .ToListAsync(cancellationToken);
        return rows.ToLookup(r => (r.ServiceInstanceId, r.ContainerId, r.CheckType), r => r.Status);
    }

    static CheckHistory History(CheckedService service, CheckedContainer result, ILookup<(Guid, string?, CheckType), CheckStatus> past) => new(
        result.Certain ? 1 : service.FailureThreshold,
        [result.Result.Status, .. past[(service.ServiceId, result.ContainerId, result.Result.Type)]]);

    static HealthCheck Row(CheckedService service, CheckedContainer result, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        TeamId = service.TeamId,
        ServiceInstanceId = service.ServiceId,
        CheckType = result.Result.Type,
        Status = result.Result.Status,
        ResponseTimeMs = result.Result.ResponseTime?.TotalMilliseconds,
        ErrorMessage = result.Result.Error,
        CheckedAt = now,
        ContainerId = result.ContainerId,
    };
}
