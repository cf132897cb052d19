using Kyozo.Data.Deployments;
using Kyozo.Data.Events;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Containers;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Deployments;

/// <summary>Takes back what a deployment began before its switch: new containers go, what was stopped for them runs again, and the deployment ends with its reason.</summary>
static class Undo
{
    public static async Task RunAsync(DeploymentRun run, DeploymentStatus status, string outcome, StepFailedException? failure, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(run.Rollouts.Select(rollout => TakeBackAsync(run, rollout, cancellationToken)));
        }
        catch (EngineUnavailableException)
        {
            // The reconciler finds what is left over once the engine answers again.
        }

        var step = failure?.Service.Step(failure.Step);
        var ended = run.Rollouts.ToList();
        await run.Journal.FinishAsync(status, outcome, async db =>
        {
            await run.Journal.StepAsync(db, step, StepStatus.Failed, outcome, cancellationToken);
            await run.Journal.CloseAsync(db, StepStatus.Cancelled, null, cancellationToken);
            var ids = ended.ConvertAll(r => r.Service.Id);
            foreach (var service in await db.ServiceInstances.Where(s => ids.Contains(s.Id)).OrderBy(s => s.Id).ToListAsync(cancellationToken))
                Settle(service, ended.Find(r => r.Service.Id == service.Id)!, status, outcome, run.Journal.Now);
        },
        [.. ended.Select(r => run.Journal.Event(r.Service.Id, EventType.DeploymentFailed,
            new { Deployment = run.Deployment.Number, run.Deployment.Kind, Reason = status is DeploymentStatus.Cancelled ? "cancelled" : "failed", FailedService = failure?.Service.Name, FailedStep = failure?.Step },
            outcome))], cancellationToken);
    }

    static async Task TakeBackAsync(DeploymentRun run, Rollout rollout, CancellationToken cancellationToken)
    {
        List<ServiceContainer> fresh;
        lock (rollout.Fresh) fresh = [.. rollout.Fresh];
        foreach (var container in fresh) await run.Work.RemoveAsync(container, TimeSpan.Zero, cancellationToken);
        foreach (var container in rollout.Woken) await run.Work.StopAsync(container, cancellationToken);
        foreach (var container in rollout.StoppedFirst) await run.Work.StartAsync(container, cancellationToken);
    }

    static void Settle(ServiceInstance service, Rollout rollout, DeploymentStatus status, string outcome, DateTimeOffset now)
    {
        var reason = outcome.Length > 500 ? outcome[..500] : outcome;
        if (rollout.Before.Any(c => c is { InService: true }) && service.WantedRunning)
        {
            if (service.Status is not (ServiceStatus.Running or ServiceStatus.Degraded or ServiceStatus.CrashLooping or ServiceStatus.Unknown)) service.ChangeStatus(ServiceStatus.Running, null, now);
        }
        else if (rollout.Before.Any(c => c.InService) || (status is DeploymentStatus.Cancelled && service.Status is not ServiceStatus.Detected))
        {
            service.ChangeStatus(ServiceStatus.Stopped, status is DeploymentStatus.Cancelled ? "its deployment was cancelled" : reason, now);
        }
        else if (service.Status is not ServiceStatus.Detected || status is DeploymentStatus.Failed)
        {
            service.ChangeStatus(ServiceStatus.Failed, reason, now);
        }
    }
}
