using Kyozo.Data.Deployments;
using Kyozo.Engine.Containers;

namespace Kyozo.Engine.Reconcile;

/// <summary>Remembers how often each container ended since it was last calm, and when a service may be repaired again. Forgotten with the process: then it is learnt anew.</summary>
sealed class CrashMemory(ReconcileOptions options)
{
    readonly Dictionary<Guid, int> _calmRestarts = [];
    readonly Dictionary<Guid, (DateTimeOffset Due, int Attempts)> _repairs = [];

    /// <summary>True while the container keeps ending.</summary>
    public bool IsLooping(ServiceContainer record, ContainerState state, DateTimeOffset now)
    {
        var calm = state.Phase is ContainerPhase.Running && state.StartedAt is { } started && now - started >= options.Calm;
        if (calm || state.RestartCount < _calmRestarts.GetValueOrDefault(record.Id)) _calmRestarts[record.Id] = state.RestartCount;
        else _calmRestarts.TryAdd(record.Id, Math.Min(record.RestartCount, state.RestartCount));
        return state.RestartCount - _calmRestarts[record.Id] >= options.CrashLoopRestarts;
    }

    /// <summary>When a service that needs repair may be repaired; the first time it is asked, the waiting begins.</summary>
    public DateTimeOffset Due(Guid serviceId, DateTimeOffset now)
    {
        if (_repairs.TryGetValue(serviceId, out var repair)) return repair.Due;
        _repairs[serviceId] = (now + options.RepairDelay, 0);
        return _repairs[serviceId].Due;
    }

    /// <summary>An attempt was made: the next one waits twice as long.</summary>
    public void Attempted(Guid serviceId, DateTimeOffset now)
    {
        var attempts = _repairs.GetValueOrDefault(serviceId).Attempts + 1;
        var wait = options.RepairDelay * Math.Pow(2, Math.Min(attempts, 20));
        _repairs[serviceId] = (now + (wait < options.LongestRepairDelay ? wait : options.LongestRepairDelay), attempts);
    }

    /// <summary>It runs: once it has been calm the waiting starts from the beginning.</summary>
    public void Well(Guid serviceId, bool calm)
    {
        if (!_repairs.TryGetValue(serviceId, out var repair)) return;
        if (calm || repair.Attempts == 0) _repairs.Remove(serviceId);
    }
}
