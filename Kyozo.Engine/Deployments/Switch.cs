using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Events;
using Kyozo.Data.ServiceInstances;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Deployments;

/// <summary>The moment a deployment takes effect: one transaction in which new containers come into service, old ones leave it, rows say what is wanted now, and the release is recorded.</summary>
static class Switch
{
    public static async Task RunAsync(DeploymentRun run, CancellationToken cancellationToken)
    {
        var events = run.Rollouts.SelectMany(r => Events(run, r)).ToList();
        await run.Journal.WriteAsync(async db =>
        {
            var release = run.Deployment.Kind is DeploymentKind.Deploy or DeploymentKind.Rollback && run.Rollouts.Any(r => !r.Choice.IsNothing)
                ? await RecordAsync(run, db, cancellationToken)
                : null;
            foreach (var rollout in run.Rollouts.OrderBy(r => r.Service.Id)) await SwitchAsync(run, db, rollout, release, cancellationToken);
            await db.Deployments.Where(d => d.Id == run.Deployment.Id).ExecuteUpdateAsync(u => u
                .SetProperty(d => d.Status, DeploymentStatus.Switching)
                .SetProperty(d => d.ReleaseId, release == null ? (Guid?)null : release.Id), cancellationToken);
            await PruneAsync(run, db, cancellationToken);
        }, events, cancellationToken);
        run.Switched = true;
    }

    static async Task SwitchAsync(DeploymentRun run, KyozoContext db, Rollout rollout, Release? release, CancellationToken cancellationToken)
    {
        var serving = rollout.Choice.Keep.Concat(rollout.Fresh.Where(c => c.Status is ContainerStatus.Running)).OrderBy(c => c.Replica).ToList();
        var (inService, retired) = (serving.ConvertAll(c => c.Id), rollout.Choice.Retire.Select(c => c.Id).ToList());
        await db.ServiceContainers.Where(c => retired.Contains(c.Id)).ExecuteUpdateAsync(u => u.SetProperty(c => c.InService, false), cancellationToken);
        await db.ServiceContainers.Where(c => inService.Contains(c.Id)).ExecuteUpdateAsync(u => u.SetProperty(c => c.InService, true), cancellationToken);
        if (release is not null)
            await db.ServiceContainers.Where(c => inService.Contains(c.Id)).ExecuteUpdateAsync(u => u.SetProperty(c => c.ReleaseId, release.Id), cancellationToken);

        var service = await db.ServiceInstances.SingleAsync(s => s.Id == rollout.Service.Id, cancellationToken);
        var now = run.Journal.Now;
        if (run.Deployment.Kind is DeploymentKind.Rollback)
            (service.DeploymentConfig, service.PortMappings, service.ResourceLimits) = (rollout.Service.DeploymentConfig, rollout.Service.PortMappings, rollout.Service.ResourceLimits);
        if (run.Deployment.Kind is DeploymentKind.Scale) service.ScalingConfig = service.ScalingConfig with { Replicas = rollout.Plan.Replicas };
        else service.WantedRunning = true;
        service.ImageId = rollout.ImageId;
        service.ContainerId = serving.Count > 0 ? serving[0].ContainerId : null;
        service.Generation++;
        if (!service.WantedRunning) return;

        if (service.Status is ServiceStatus.Detected) service.ChangeStatus(ServiceStatus.Starting, null, now);
        if (rollout.Plan.Replicas == 0) service.ChangeStatus(ServiceStatus.Stopped, "scaled to 0 replicas", now);
        else service.ChangeStatus(ServiceStatus.Running, null, now);
    }

    static async Task<Release> RecordAsync(DeploymentRun run, KyozoContext db, CancellationToken cancellationToken)
    {
        var state = run.Now;
        var services = new List<ReleasedService>();
        foreach (var service in state.Services)
        {
            var rollout = run.Rollouts.FirstOrDefault(r => r.Service.Id == service.Id);
            if (rollout is not null)
            {
                services.Add(new()
                {
                    ServiceId = service.Id,
                    Name = service.Name,
                    ImageId = rollout.ImageId,
                    ContentHash = rollout.ContentHash,
                    Config = service.DeploymentConfig,
                    Ports = service.PortMappings,
                    Limits = service.ResourceLimits,
                });
            }
            else if (state.Released.TryGetValue(service.Id, out var before))
            {
                services.Add(before);
            }
        }

        var release = new Release
        {
            Id = Guid.CreateVersion7(run.Journal.Now),
            TeamId = run.Deployment.TeamId,
            WorkspaceId = run.Deployment.WorkspaceId,
            Number = 1 + (await db.Releases.Where(r => r.WorkspaceId == run.Deployment.WorkspaceId).MaxAsync(r => (long?)r.Number, cancellationToken) ?? 0),
            DeploymentId = run.Deployment.Id,
            Services = services,
            CreatedAt = run.Journal.Now,
        };
        db.Add(release);
        await db.SaveChangesAsync(cancellationToken);
        var ids = services.ConvertAll(s => s.ServiceId);
        await db.ServiceInstances.Where(s => ids.Contains(s.Id)).ExecuteUpdateAsync(u => u.SetProperty(s => s.ReleaseId, release.Id), cancellationToken);
        return release;
    }

    static async Task PruneAsync(DeploymentRun run, KyozoContext db, CancellationToken cancellationToken)
    {
        var newest = await db.Releases.Where(r => r.WorkspaceId == run.Deployment.WorkspaceId).MaxAsync(r => (long?)r.Number, cancellationToken) ?? 0;
        var oldest = newest - run.Options.KeepReleases;
        if (oldest < 1) return;
        await db.Releases
            .Where(r => r.WorkspaceId == run.Deployment.WorkspaceId && r.Number <= oldest && !db.ServiceInstances.Any(s => s.ReleaseId == r.Id))
            .ExecuteDeleteAsync(cancellationToken);
    }

    static IEnumerable<NewEvent> Events(DeploymentRun run, Rollout rollout)
    {
        if (rollout.Choice.IsNothing && run.Deployment.Kind is not DeploymentKind.Scale) yield break;
        var type = run.Deployment.Kind switch
        {
            DeploymentKind.Scale => EventType.ServiceScaled,
            _ when rollout.Before.Any(c => c is { InService: true }) && rollout.Choice.Retire.Count > 0 => EventType.ServiceRestarted,
            _ when rollout.Choice.Missing.Count + rollout.Choice.Wake.Count == 0 => EventType.ServiceScaled,
            _ => EventType.ServiceStarted,
        };
        yield return run.Journal.Event(rollout.Service.Id, type, new
        {
            Deployment = run.Deployment.Number,
            Reason = run.Deployment.Kind,
            rollout.Plan.Replicas,
            Image = rollout.ImageId,
            Why = rollout.Plan.Reason,
        });
        if (run.Deployment.Kind is DeploymentKind.Rollback)
            yield return run.Journal.Event(rollout.Service.Id, EventType.ConfigurationUpdated, new { Deployment = run.Deployment.Number, Reason = "rollback", Release = run.Target!.Number });
    }
}
