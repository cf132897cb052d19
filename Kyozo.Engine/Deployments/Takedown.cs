using Kyozo.Data.Deployments;
using Kyozo.Data.Engines;
using Kyozo.Data.Events;
using Kyozo.Data.ServiceInstances;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Deployments;

/// <summary>Stops services, or removes them for good: those that depend on others first.</summary>
static class Takedown
{
    public static async Task RunAsync(DeploymentRun run, CancellationToken cancellationToken)
    {
        var deleting = run.Deployment.Kind is DeploymentKind.Delete;
        await run.Journal.StatusAsync(DeploymentStatus.Starting, cancellationToken);
        await run.Journal.WriteAsync(async db =>
        {
            var ids = run.Rollouts.Select(r => r.Service.Id).ToList();
            foreach (var service in await db.ServiceInstances.Where(s => ids.Contains(s.Id) && s.Status != ServiceStatus.Detected).OrderBy(s => s.Id).ToListAsync(cancellationToken))
                service.ChangeStatus(ServiceStatus.Stopping, null, run.Journal.Now);
        }, [], cancellationToken);

        foreach (var wave in run.Rollouts.GroupBy(r => r.Plan.Wave).OrderByDescending(g => g.Key))
            await DeploymentRun.TogetherAsync(wave, (rollout, token) => StopAsync(run, rollout, deleting, token), cancellationToken);

        if (deleting) await RemovePlacesAsync(run, cancellationToken);
        await FinishAsync(run, deleting, cancellationToken);
    }

    static async Task StopAsync(DeploymentRun run, Rollout rollout, bool deleting, CancellationToken cancellationToken)
    {
        await run.Journal.StepAsync(rollout.Step(StepKind.Stop), StepStatus.Running, null, cancellationToken);
        var live = rollout.Before.Where(c => c.InService).ToList();
        await Task.WhenAll(live.Select(c => deleting
            ? run.Work.RemoveAsync(c, run.Options.StopGrace, cancellationToken)
            : run.Work.StopAsync(c, cancellationToken)));
        await run.Journal.StepAsync(rollout.Step(StepKind.Stop), StepStatus.Succeeded, $"{live.Count} container{(live.Count == 1 ? "" : "s")} ended", cancellationToken);
    }

    static async Task RemovePlacesAsync(DeploymentRun run, CancellationToken cancellationToken)
    {
        var state = run.Now;
        foreach (var rollout in run.Rollouts)
        {
            var volumes = run.Deployment.Request.DeleteVolumes ? rollout.Service.DeploymentConfig.Volumes : [];
            foreach (var volume in volumes)
            {
                run.Lease.Demand();
                await run.Runtime.RemoveVolumeAsync(ContainerNames.Volume(state.Workspace.Slug, rollout.Name, volume.Name, rollout.Service.Id), cancellationToken);
            }

            await run.Journal.StepAsync(rollout.Step(StepKind.Remove), StepStatus.Succeeded, volumes.Count > 0 ? "containers and data removed" : "containers removed", cancellationToken);
        }

        if (state.Services.All(s => run.Rollouts.Any(r => r.Service.Id == s.Id)))
        {
            run.Lease.Demand();
            await run.Runtime.RemoveNetworkAsync(ContainerNames.Network(state.Team.Slug, state.Workspace.Slug, state.Workspace.Id), cancellationToken);
        }
    }

    static Task FinishAsync(DeploymentRun run, bool deleting, CancellationToken cancellationToken)
    {
        var ids = run.Rollouts.Select(r => r.Service.Id).ToList();
        var names = Words.List([.. run.Rollouts.Select(r => r.Name)]);
        var outcome = names.Length == 0 ? "There was no service." : deleting ? $"{names} removed." : $"{names} stopped.";
        return run.Journal.FinishAsync(DeploymentStatus.Succeeded, outcome, async db =>
        {
            var now = run.Journal.Now;
            foreach (var service in await db.ServiceInstances.Where(s => ids.Contains(s.Id)).OrderBy(s => s.Id).ToListAsync(cancellationToken))
            {
                service.WantedRunning = false;
                service.Generation++;
                if (service.Status is not ServiceStatus.Detected) service.ChangeStatus(ServiceStatus.Stopped, deleting ? "deleted" : null, now);
                if (deleting) (service.DeletedAt, service.ContainerId) = (now, null);
            }

            if (!deleting) return;
            // A service that was taken over meanwhile keeps its workspace: somebody decides about it first.
            if (run.Deployment.Request.DeleteWorkspace)
                await db.Workspaces.Where(w => w.Id == run.Now.Workspace.Id && !db.ServiceInstances.Any(s => s.WorkspaceId == w.Id && s.DeletedAt == null && !ids.Contains(s.Id)))
                    .ExecuteUpdateAsync(u => u.SetProperty(w => w.DeletedAt, now), cancellationToken);
            // What is gone needs neither address, nor secrets, nor edges.
            await db.PortReservations.Where(p => ids.Contains(p.ServiceInstanceId) && p.Use == PortUse.Gateway).ExecuteDeleteAsync(cancellationToken);
            await db.Secrets.Where(s => s.ServiceInstanceId != null && ids.Contains(s.ServiceInstanceId.Value)).ExecuteDeleteAsync(cancellationToken);
            await db.ServiceDependencies.Where(d => ids.Contains(d.ServiceInstanceId) || ids.Contains(d.DependsOnId)).ExecuteDeleteAsync(cancellationToken);
        },
        [
            .. run.Rollouts.Select(r => run.Journal.Event(r.Service.Id, EventType.ServiceStopped, new { Deployment = run.Deployment.Number, Reason = deleting ? "deleted" : "stop", WithVolumes = run.Deployment.Request.DeleteVolumes })),
            .. run.Rollouts.Select(r => run.Journal.Event(r.Service.Id, EventType.DeploymentCompleted, new { Deployment = run.Deployment.Number, run.Deployment.Kind })),
        ], cancellationToken);
    }
}
