using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Engines;
using Kyozo.Data.Events;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Deployments;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Engine.Reconcile;

/// <summary>
/// Compares, again and again and from scratch, what the rows want with what the engine has: writes each service's status, records what the engine restarted by itself,
/// starts what was stopped or killed from outside, makes anew what was removed, and takes away what an interrupted deployment left.
/// Containers of this installation's label without a record are somebody's forgery or another's business: they are never touched (SAFETY A-36).
/// </summary>
public sealed class Reconciler(
    IDbContextFactory<KyozoContext> contexts, NpgsqlDataSource database, EventLog events, IContainerRuntime runtime, WorkspaceStateReader states, PortBook ports,
    Installation installation, IOptions<DeploymentOptions> deployments, IOptions<ReconcileOptions> options, TimeProvider clock, ILogger<Reconciler> logger)
{
    readonly CrashMemory _memory = new(options.Value);
    readonly HashSet<string> _strangers = [];

    /// <summary>One full look. Returns when the next one is due, at most <see cref="ReconcileOptions.Interval"/> away. Another worker that is looking at the same engine makes this one a no-op.</summary>
    public async Task<TimeSpan> RunAsync(Guid engineId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (!await TryLockAsync(connection, engineId, cancellationToken)) return options.Value.Interval;
        try
        {
            return await LookAsync(engineId, cancellationToken);
        }
        finally
        {
            await UnlockAsync(connection, engineId);
        }
    }

    async Task<TimeSpan> LookAsync(Guid engineId, CancellationToken cancellationToken)
    {
        IReadOnlyList<ContainerState> actual;
        try
        {
            var engine = await runtime.GetEngineAsync(cancellationToken);
            actual = await runtime.ListContainersAsync(new Dictionary<string, string> { [KyozoLabels.Installation] = installation.Id.ToString() }, cancellationToken);
            await EngineAsync(engineId, EngineState.Reachable, engine.Version, cancellationToken);
        }
        catch (EngineUnavailableException e)
        {
            if (await EngineAsync(engineId, EngineState.Unreachable, null, cancellationToken)) logger.LogError("The container engine does not answer: {Reason}", e.Message);
            await LoseSightAsync(engineId, cancellationToken);
            return options.Value.Interval;
        }

        var next = options.Value.Interval;
        var facts = await ReadAsync(engineId, cancellationToken);
        await Parallel.ForEachAsync(facts, new ParallelOptions { MaxDegreeOfParallelism = options.Value.Parallel, CancellationToken = cancellationToken }, async (service, token) =>
        {
            try
            {
                var wait = await ReconcileAsync(engineId, service, token);
                lock (_memory) next = wait < next ? wait : next;
            }
            catch (LeaseLostException)
            {
                // A deployment took the service up meanwhile: its business now.
            }
            catch (Exception e) when (e is EngineRefusedException or PortTakenException or ContainerNameTakenException or ContainerNotFoundException or NoPortLeftException)
            {
                logger.LogWarning("Service {Service} could not be repaired: {Reason}", service.Row.Name, e.Message);
            }
        });
        await RemoveOrphansAsync(engineId, actual, cancellationToken);
        return next;
    }

    async Task<TimeSpan> ReconcileAsync(Guid engineId, Facts facts, CancellationToken cancellationToken)
    {
        var service = facts.Row;
        var journal = new ReconcileJournal(contexts, events, clock, service, engineId, facts.Epoch);
        var work = new ContainerWork(runtime, journal, ports, deployments.Value);
        foreach (var leftover in facts.Containers.Where(c => !c.InService)) await work.RemoveAsync(leftover, deployments.Value.StopGrace, cancellationToken);

        var observed = new List<ObservedContainer>();
        foreach (var record in facts.Containers.Where(c => c.InService))
        {
            var state = await Ownership.FindAsync(runtime, record, cancellationToken);
            lock (_memory) observed.Add(new(record, state, state is not null && _memory.IsLooping(record, state, clock.GetUtcNow())));
        }

        var verdict = ReconcilePolicy.Judge(service, observed);
        await WriteAsync(journal, service, observed, verdict, cancellationToken);

        var now = clock.GetUtcNow();
        if (!verdict.NeedsRepair)
        {
            var calm = observed.TrueForAll(o => o.State?.StartedAt is { } started && now - started >= options.Value.Calm);
            lock (_memory) _memory.Well(service.Id, calm);
            return options.Value.Interval;
        }

        DateTimeOffset due;
        lock (_memory) due = _memory.Due(service.Id, now);
        if (due > now) return due - now;
        lock (_memory) _memory.Attempted(service.Id, now);
        await RepairAsync(journal, work, facts, observed, verdict, cancellationToken);
        return options.Value.Pause;
    }

    async Task WriteAsync(ReconcileJournal journal, ServiceInstance service, List<ObservedContainer> observed, ServiceVerdict verdict, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var restarted = observed.Where(o => o.State is { } s && s.RestartCount > o.Record.RestartCount).ToList();
        var seen = observed.Where(o => Status(o) != o.Record.Status || o.State is { } s && s.RestartCount != o.Record.RestartCount).ToList();
        var moved = service.Status != verdict.Status || service.StatusReason != Cut(verdict.Reason);
        if (seen.Count == 0 && !moved) return;

        var news = new List<NewEvent>();
        // A crash loop is told once, when it begins; single restarts are told as they come.
        var loops = verdict.Status is ServiceStatus.CrashLooping;
        if (loops && service.Status is not ServiceStatus.CrashLooping)
            news.Add(new(service.TeamId, service.Id, EventType.ServiceRestarted, new { Reason = "crash_loop" }, verdict.Reason));
        else if (!loops && restarted.Count > 0)
            news.Add(new(service.TeamId, service.Id, EventType.ServiceRestarted, new { Reason = "engine", Times = restarted.Sum(o => o.State!.RestartCount - o.Record.RestartCount), restarted[0].State!.ExitCode }));
        else if (moved && verdict.Status is ServiceStatus.Degraded && service.Status is ServiceStatus.Running)
            news.Add(new(service.TeamId, service.Id, EventType.ServiceStopped, new { Reason = "drift" }, verdict.Reason));

        await journal.WriteAsync(async db =>
        {
            foreach (var container in seen) await RecordAsync(db, container, now, cancellationToken);
            if (!moved) return;
            var row = await db.ServiceInstances.SingleAsync(s => s.Id == service.Id, cancellationToken);
            if (ServiceStatusRules.Allows(row.Status, verdict.Status)) row.ChangeStatus(verdict.Status, Cut(verdict.Reason), now);
            else if (ServiceStatusRules.Allows(row.Status, ServiceStatus.Running))
            {
                // Stopped, but a container was found running: running first, then what it is.
                row.ChangeStatus(ServiceStatus.Running, null, now);
                row.ChangeStatus(verdict.Status, Cut(verdict.Reason), now);
            }
        }, news, cancellationToken);
    }

    static Task RecordAsync(KyozoContext db, ObservedContainer container, DateTimeOffset now, CancellationToken cancellationToken) => container.State is { } state
        ? db.ServiceContainers.Where(c => c.Id == container.Record.Id).ExecuteUpdateAsync(u => u
            .SetProperty(c => c.Status, Status(container)).SetProperty(c => c.RestartCount, state.RestartCount), cancellationToken)
        : GoneAsync(db, container.Record, now, cancellationToken);

    static async Task GoneAsync(KyozoContext db, ServiceContainer record, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await db.PortReservations.Where(p => p.ServiceContainerId == record.Id).ExecuteDeleteAsync(cancellationToken);
        await db.ServiceContainers.Where(c => c.Id == record.Id).ExecuteUpdateAsync(u => u
            .SetProperty(c => c.Status, ContainerStatus.Removed).SetProperty(c => c.InService, false).SetProperty(c => c.RemovedAt, now), cancellationToken);
    }

    async Task RepairAsync(ReconcileJournal journal, ContainerWork work, Facts facts, List<ObservedContainer> observed, ServiceVerdict verdict, CancellationToken cancellationToken)
    {
        var service = facts.Row;
        foreach (var container in verdict.Stop) await work.StopAsync(container, cancellationToken);
        foreach (var container in verdict.Start)
        {
            try
            {
                await work.StartAsync(container, cancellationToken);
            }
            catch (PortTakenException)
            {
                // Its port went to somebody else while it was down: the next look makes it anew on another.
                await work.RemoveAsync(container, TimeSpan.Zero, cancellationToken);
            }
        }

        if (verdict.Missing.Count > 0) await MakeAsync(journal, work, service, verdict.Missing, cancellationToken);
        if (verdict.Start.Count + verdict.Missing.Count == 0) return;

        logger.LogInformation("Service {Service} was down ({Reason}) and is started again", service.Name, verdict.Reason);
        await journal.WriteAsync(_ => Task.CompletedTask,
            [new(service.TeamId, service.Id, EventType.ServiceRestarted, new { Reason = "drift", Started = verdict.Start.Count, Made = verdict.Missing.Count, Containers = observed.Count }, verdict.Reason)], cancellationToken);
    }

    async Task MakeAsync(ReconcileJournal journal, ContainerWork work, ServiceInstance service, IReadOnlyList<int> replicas, CancellationToken cancellationToken)
    {
        if (await states.ReadAsync(service.WorkspaceId, cancellationToken) is not { } state || !state.Released.TryGetValue(service.Id, out var released)) return;
        // As released, not as configured since: what was changed meanwhile waits for its deployment.
        var row = state.Services.First(s => s.Id == service.Id);
        (row.DeploymentConfig, row.PortMappings, row.ResourceLimits) = (released.Config, released.Ports, released.Limits);
        await WorkspacePlaces.EnsureAsync(runtime, state, [row], cancellationToken);
        var (blueprint, hash) = (state.Blueprint(row, released.ImageId), state.SpecHash(row, released.ImageId));
        foreach (var replica in replicas)
        {
            var made = await work.StartNewAsync(blueprint, hash, replica, _ => { }, cancellationToken);
            await journal.WriteAsync(async db =>
            {
                await db.ServiceContainers.Where(c => c.Id == made.Id).ExecuteUpdateAsync(u => u.SetProperty(c => c.InService, true).SetProperty(c => c.ReleaseId, service.ReleaseId), cancellationToken);
                if (replica == 1) await db.ServiceInstances.Where(s => s.Id == service.Id).ExecuteUpdateAsync(u => u.SetProperty(s => s.ContainerId, made.ContainerId), cancellationToken);
            }, [], cancellationToken);
        }
    }

    // Only what a record of ours speaks of, and says that it should be gone.
    async Task RemoveOrphansAsync(Guid engineId, IReadOnlyList<ContainerState> actual, CancellationToken cancellationToken)
    {
        var (ids, names) = (actual.Select(c => c.Id).ToList(), actual.Select(c => c.Name).ToList());
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var records = await db.ServiceContainers.AsNoTracking()
            .Where(c => c.EngineId == engineId && (c.ContainerId != null && ids.Contains(c.ContainerId) || names.Contains(c.ContainerName)))
            .ToListAsync(cancellationToken);
        foreach (var container in actual)
        {
            var record = records.Find(r => Ownership.IsOf(r, container));
            if (record is { RemovedAt: not null })
            {
                logger.LogWarning("Container {Container} is left over from epoch {Epoch} and is removed", container.Name, record.Epoch);
                await runtime.RemoveContainerAsync(container.Id, cancellationToken);
            }
            else if (record is null && _strangers.Add(container.Id))
            {
                logger.LogWarning("Container {Container} carries this installation's label but Kyozo did not make it: it is left alone", container.Name);
            }
        }
    }

    async Task<List<Facts>> ReadAsync(Guid engineId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var workspaces = await db.Workspaces.AsNoTracking().Where(w => w.EngineId == engineId).Select(w => new
        {
            w.Id,
            Epoch = db.Deployments.Where(d => d.WorkspaceId == w.Id).Max(d => (long?)d.LeaseEpoch) ?? 0,
        }).ToDictionaryAsync(w => w.Id, w => w.Epoch, cancellationToken);
        var busy = (await db.Deployments.AsNoTracking().Where(d => d.EngineId == engineId && DeploymentStates.Active.Contains(d.Status)).Select(d => d.Request).ToListAsync(cancellationToken))
            .SelectMany(r => r.ServiceIds).ToHashSet();
        // What was never deployed has nothing to compare.
        var services = await db.ServiceInstances.AsNoTracking().Where(s => s.DeletedAt == null && s.ReleaseId != null).OrderBy(s => s.Id).ToListAsync(cancellationToken);
        var containers = (await db.ServiceContainers.AsNoTracking().Where(c => c.EngineId == engineId && c.RemovedAt == null).ToListAsync(cancellationToken)).ToLookup(c => c.ServiceInstanceId);
        return [.. services
            .Where(s => workspaces.ContainsKey(s.WorkspaceId) && !busy.Contains(s.Id))
            .Select(s => new Facts(s, [.. containers[s.Id].OrderBy(c => c.Replica)], workspaces[s.WorkspaceId]))];
    }

    async Task<bool> EngineAsync(Guid engineId, EngineState state, string? version, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        if (version is not null) await db.Engines.Where(e => e.Id == engineId && e.Version != version).ExecuteUpdateAsync(u => u.SetProperty(e => e.Version, version), cancellationToken);
        return await db.Engines.Where(e => e.Id == engineId && e.State != state)
            .ExecuteUpdateAsync(u => u.SetProperty(e => e.State, state).SetProperty(e => e.StateSince, now), cancellationToken) > 0;
    }

    // Not stopped: unknown. The containers very likely go on.
    async Task LoseSightAsync(Guid engineId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var seen = new[] { ServiceStatus.Running, ServiceStatus.Degraded, ServiceStatus.CrashLooping };
        foreach (var service in await db.ServiceInstances
            .Where(s => s.DeletedAt == null && seen.Contains(s.Status) && db.Workspaces.Any(w => w.Id == s.WorkspaceId && w.EngineId == engineId))
            .OrderBy(s => s.Id).ToListAsync(cancellationToken)) service.ChangeStatus(ServiceStatus.Unknown, "the container engine does not answer", clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
    }

    static ContainerStatus Status(ObservedContainer container) => container.State?.Phase switch
    {
        null => ContainerStatus.Removed,
        ContainerPhase.Running => ContainerStatus.Running,
        ContainerPhase.Created => ContainerStatus.Created,
        _ => ContainerStatus.Exited,
    };

    static string? Cut(string? reason) => reason is { Length: > 500 } ? reason[..500] : reason;

    static async Task<bool> TryLockAsync(NpgsqlConnection connection, Guid engineId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtextextended($1, 2))", connection) { Parameters = { new() { Value = engineId.ToString() } } };
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    static async Task UnlockAsync(NpgsqlConnection connection, Guid engineId)
    {
        if (connection.State is not System.Data.ConnectionState.Open) return;
        await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock(hashtextextended($1, 2))", connection) { Parameters = { new() { Value = engineId.ToString() } } };
        await command.ExecuteScalarAsync(CancellationToken.None);
    }

    sealed record Facts(ServiceInstance Row, IReadOnlyList<ServiceContainer> Containers, long Epoch);
}
