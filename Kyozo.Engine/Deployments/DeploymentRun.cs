using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Events;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Containers;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Deployments;

/// <summary>What the phases of one deployment share.</summary>
sealed class DeploymentRun
{
    public required DeploymentJournal Journal { get; init; }
    public required DeploymentLease Lease { get; init; }
    public required ContainerWork Work { get; init; }
    public required IContainerRuntime Runtime { get; init; }
    public required IServiceImages Images { get; init; }
    public required HealthGate Gate { get; init; }
    public required KyozoHome Home { get; init; }
    public required DeploymentOptions Options { get; init; }
    public required TimeProvider Clock { get; init; }

    public WorkspaceState? State { get; set; }
    public DeploymentPlan? Plan { get; set; }
    /// <summary>The release a rollback goes to.</summary>
    public Release? Target { get; set; }
    /// <summary>The services that change.</summary>
    public IReadOnlyList<Rollout> Rollouts { get; private set; } = [];
    /// <summary>The new containers serve: nothing is taken back any more.</summary>
    public bool Switched { get; set; }

    public Deployment Deployment => Journal.Deployment;
    public WorkspaceState Now => State ?? throw new InvalidOperationException("The workspace was not read.");

    /// <summary>Stores the plan with its steps and begins it in the trail of every service that changes.</summary>
    public async Task PrepareAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        Plan = plan;
        var changing = plan.Refusals.Count > 0 ? [] : plan.Services.Where(s => s.Change is not PlannedChange.Nothing).ToList();
        var steps = changing.SelectMany(s => StepsOf(s).Select(kind => ((Guid?)s.ServiceId, s.Wave, kind))).ToList();
        var rows = await Journal.PlanAsync(plan, steps,
            [.. changing.Select(s => Journal.Event(s.ServiceId, EventType.DeploymentStarted, new { Deployment = Deployment.Number, Deployment.Kind, s.Change, Why = s.Reason, Deployment.Reason }))],
            cancellationToken);
        if (plan.Refusals.Count > 0) throw new DeploymentRefusedException(string.Join(' ', plan.Refusals));

        Rollouts = [.. changing.Select(s => new Rollout
        {
            Plan = s,
            Service = Now.Services.First(row => row.Id == s.ServiceId),
            Before = Now.ContainersOf(s.ServiceId),
            Steps = rows.Where(r => r.ServiceInstanceId == s.ServiceId).ToDictionary(r => r.Kind),
        })];
    }

    /// <summary>Looks at the engine itself: the records may be older than a stop or a removal from outside (after <c>kyozo down</c> they are).</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var asked = Deployment.Request.ServiceIds;
        foreach (var container in Now.Containers.Where(c => c.InService && asked.Contains(c.ServiceInstanceId)))
        {
            var found = await Ownership.FindAsync(Runtime, container, cancellationToken);
            container.Status = found?.Phase is ContainerPhase.Running ? ContainerStatus.Running : ContainerStatus.Exited;
            // Gone: its record is a leftover.
            if (found is null) container.InService = false;
        }
    }

    /// <summary>Removes what an interrupted attempt left: containers that never got into service, or were taken out of it.</summary>
    public async Task RemoveLeftoversAsync(CancellationToken cancellationToken)
    {
        var asked = Deployment.Request.ServiceIds;
        foreach (var container in Now.Containers.Where(c => !c.InService && asked.Contains(c.ServiceInstanceId)))
            await Work.RemoveAsync(container, Options.StopGrace, cancellationToken);
    }

    /// <summary>Status of services that have nothing running yet; those that serve keep theirs until the switch.</summary>
    public Task MarkAsync(IEnumerable<Rollout> rollouts, ServiceStatus status, string reason, CancellationToken cancellationToken)
    {
        var ids = rollouts.Where(r => !r.Before.Any(c => c is { InService: true, Status: ContainerStatus.Running })).Select(r => r.Service.Id).ToList();
        return ids.Count == 0 ? Task.CompletedTask : Journal.WriteAsync(async db =>
        {
            foreach (var service in await db.ServiceInstances.Where(s => ids.Contains(s.Id)).OrderBy(s => s.Id).ToListAsync(cancellationToken))
                service.ChangeStatus(status, reason, Journal.Now);
        }, [], cancellationToken);
    }

    /// <summary>Does something for several services side by side; the first failure ends the others, and is what is thrown.</summary>
    public static async Task TogetherAsync(IEnumerable<Rollout> rollouts, Func<Rollout, CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Exception? first = null;
        await Task.WhenAll(rollouts.Select(async rollout =>
        {
            try
            {
                await act(rollout, stop.Token);
            }
            catch (Exception e)
            {
                if (Interlocked.CompareExchange(ref first, e, null) is null) await stop.CancelAsync();
            }
        }));
        cancellationToken.ThrowIfCancellationRequested();
        if (first is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }

    IEnumerable<StepKind> StepsOf(PlannedService service) => service.Change switch
    {
        PlannedChange.Stop => [StepKind.Stop],
        PlannedChange.Remove => [StepKind.Stop, StepKind.Remove],
        PlannedChange.Create or PlannedChange.Rebuild when Deployment.Kind is DeploymentKind.Deploy => [StepKind.Build, StepKind.Start, StepKind.Verify, StepKind.Switch, StepKind.Stop],
        _ => [StepKind.Start, StepKind.Verify, StepKind.Switch, StepKind.Stop],
    };
}
