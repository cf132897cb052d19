using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Containers;

namespace Kyozo.Engine.Reconcile;

/// <summary>A recorded container and what the engine says of it.</summary>
/// <param name="Record">The record, in service.</param>
/// <param name="State">Null: it is gone from the engine.</param>
/// <param name="Looping">It keeps ending.</param>
public sealed record ObservedContainer(ServiceContainer Record, ContainerState? State, bool Looping);

/// <summary>What is to be said and done about one service.</summary>
/// <param name="Status">The state it is in.</param>
/// <param name="Reason">Why, or null.</param>
/// <param name="Start">Containers that are there and should run.</param>
/// <param name="Stop">Containers that run and should not.</param>
/// <param name="Missing">Replica numbers that have no container.</param>
public sealed record ServiceVerdict(
    ServiceStatus Status, string? Reason, IReadOnlyList<ServiceContainer> Start, IReadOnlyList<ServiceContainer> Stop, IReadOnlyList<int> Missing)
{
    /// <summary>True when the engine is to be changed.</summary>
    public bool NeedsRepair => Start.Count + Stop.Count + Missing.Count > 0;
}

/// <summary>Compares what a service's row wants with what the engine has. Pure; looks at states only, never at how they came about.</summary>
public static class ReconcilePolicy
{
    /// <summary>The verdict on a service that no deployment is changing.</summary>
    public static ServiceVerdict Judge(ServiceInstance service, IReadOnlyList<ObservedContainer> observed)
    {
        var there = observed.Where(o => o.State is not null).ToList();
        var running = there.Count(o => o.State!.Phase is ContainerPhase.Running);
        var replicas = service.ScalingConfig.Replicas;
        if (!service.WantedRunning || replicas == 0)
        {
            var unwanted = there.Where(o => o.State!.Phase is ContainerPhase.Running or ContainerPhase.Restarting or ContainerPhase.Paused).Select(o => o.Record).ToList();
            return new(ServiceStatus.Stopped, service.WantedRunning ? "scaled to 0 replicas" : service.Status is ServiceStatus.Stopped ? service.StatusReason : null, [], unwanted, []);
        }

        var start = there.Where(o => o.State!.Phase is ContainerPhase.Exited or ContainerPhase.Created or ContainerPhase.Dead).Select(o => o.Record).ToList();
        var taken = there.Select(o => o.Record.Replica).ToHashSet();
        var missing = Enumerable.Range(1, replicas).Where(r => !taken.Contains(r)).Take(Math.Max(0, replicas - there.Count)).ToList();
        if (there.Find(o => o.Looping) is { } looping) return new(ServiceStatus.CrashLooping, $"it keeps ending: {Ending(looping.State!)}", start, [], missing);
        if (running >= replicas) return new(ServiceStatus.Running, null, start, [], missing);

        var down = there.Find(o => o.State!.Phase is not ContainerPhase.Running);
        var why = down is not null ? Ending(down.State!) : "its container was removed";
        return new(ServiceStatus.Degraded, running == 0 ? $"down: {why}" : $"{running} of {replicas} replicas run: {why}", start, [], missing);
    }

    static string Ending(ContainerState state) =>
        state.OutOfMemory ? "it used more memory than its limit"
        : state.Phase is ContainerPhase.Created ? $"it was not started{(state.Error is null ? "" : ": " + state.Error)}"
        : state.Phase is ContainerPhase.Paused ? "it is paused"
        : state.ExitCode is { } code ? $"it ended with exit code {code}"
        : "it ended";
}
