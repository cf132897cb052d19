using Kyozo.Data.Deployments;
using Kyozo.Data.Events;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.Containers;

namespace Kyozo.Engine.Deployments;

/// <summary>Brings services from what runs to what is wanted: images, new containers wave by wave behind their health gates, switch, end of the old ones.</summary>
static class Replacement
{
    public static async Task RunAsync(DeploymentRun run, CancellationToken cancellationToken)
    {
        await BuildAsync(run, cancellationToken);
        foreach (var rollout in run.Rollouts) Choose(run, rollout);
        await EnsurePlacesAsync(run, cancellationToken);

        foreach (var wave in run.Rollouts.GroupBy(r => r.Plan.Wave).OrderBy(g => g.Key))
        {
            await run.Journal.StatusAsync(DeploymentStatus.Starting, cancellationToken);
            await run.MarkAsync(wave, ServiceStatus.Starting, "containers are starting", cancellationToken);
            await DeploymentRun.TogetherAsync(wave, (rollout, token) => StartAsync(run, rollout, token), cancellationToken);
            await run.Journal.StatusAsync(DeploymentStatus.Verifying, cancellationToken);
            await DeploymentRun.TogetherAsync(wave, (rollout, token) => VerifyAsync(run, rollout, token), cancellationToken);
        }

        await Switch.RunAsync(run, cancellationToken);
        await FinishAsync(run, cancellationToken);
    }

    /// <summary>After the switch: the old containers drain and end, then the deployment is done.</summary>
    public static async Task FinishAsync(DeploymentRun run, CancellationToken cancellationToken)
    {
        var old = run.Switched
            ? run.Rollouts.SelectMany(r => r.Choice.Retire).ToList()
            : [.. run.Now.Containers.Where(c => !c.InService && run.Deployment.Request.ServiceIds.Contains(c.ServiceInstanceId))];
        if (run.Options.Drain > TimeSpan.Zero && old.Exists(c => c.Status is ContainerStatus.Running && c.HostPorts.Count > 0))
            await Task.Delay(run.Options.Drain, run.Clock, cancellationToken);

        foreach (var rollout in run.Rollouts.Where(r => r.Choice.Retire.Count > 0)) await run.Journal.StepAsync(rollout.Step(StepKind.Stop), StepStatus.Running, null, cancellationToken);
        await Task.WhenAll(old.Select(container => run.Work.RemoveAsync(container, run.Options.StopGrace, cancellationToken)));
        foreach (var rollout in run.Rollouts)
        {
            var ended = rollout.Choice.Retire.Count;
            await run.Journal.StepAsync(rollout.Step(StepKind.Stop), ended > 0 ? StepStatus.Succeeded : StepStatus.Skipped, ended > 0 ? $"{ended} old container{(ended == 1 ? "" : "s")} ended" : null, cancellationToken);
        }

        var changed = run.Plan!.Services.Where(s => s.Change is not PlannedChange.Nothing).ToList();
        await run.Journal.FinishAsync(DeploymentStatus.Succeeded, Outcome(run, changed), _ => Task.CompletedTask,
            [.. changed.Select(s => run.Journal.Event(s.ServiceId, EventType.DeploymentCompleted, new { Deployment = run.Deployment.Number, run.Deployment.Kind, s.Change }))], cancellationToken);
    }

    static string Outcome(DeploymentRun run, List<PlannedService> changed)
    {
        if (run.Rollouts.Count > 0 && run.Rollouts.All(r => r.Choice.IsNothing)) return "Nothing to do: everything is as wanted.";
        var names = Words.List([.. changed.Select(s => s.Name)]);
        return run.Deployment.Kind is DeploymentKind.Scale ? $"{names} {(changed.Count == 1 ? "has" : "have")} {changed[0].Replicas} replica{(changed[0].Replicas == 1 ? "" : "s")} now."
            : $"{names} {(changed.Count == 1 ? "runs" : "run")}.";
    }

    static async Task BuildAsync(DeploymentRun run, CancellationToken cancellationToken)
    {
        await run.MarkAsync(run.Rollouts, ServiceStatus.Building, "its image is being made", cancellationToken);
        using var slots = new SemaphoreSlim(run.Options.ParallelBuilds);
        await DeploymentRun.TogetherAsync(run.Rollouts, async (rollout, token) =>
        {
            if (await FindImageAsync(run, rollout, token)) return;
            await slots.WaitAsync(token);
            try
            {
                await BuildAsync(run, rollout, token);
            }
            finally
            {
                slots.Release();
            }
        }, cancellationToken);
    }

    // Everything but a deployment goes on with the image that is there.
    static async Task<bool> FindImageAsync(DeploymentRun run, Rollout rollout, CancellationToken cancellationToken)
    {
        if (run.Deployment.Kind is DeploymentKind.Deploy && rollout.Plan.Change is PlannedChange.Create or PlannedChange.Rebuild) return false;

        var target = run.Target?.Services.FirstOrDefault(s => s.ServiceId == rollout.Service.Id);
        var released = target ?? run.Now.Released.GetValueOrDefault(rollout.Service.Id);
        if (released is not null && await run.Runtime.FindImageAsync(released.ImageId, cancellationToken) is not null)
        {
            (rollout.ImageId, rollout.ContentHash) = (released.ImageId, released.ContentHash);
            return true;
        }

        return target is null ? false
            : throw new StepFailedException(rollout, StepKind.Start, $"The image of {rollout.Name} in release {run.Target!.Number} is not on the engine any more: deploy the older state of its folder instead.");
    }

    static async Task BuildAsync(DeploymentRun run, Rollout rollout, CancellationToken cancellationToken)
    {
        var step = rollout.Step(StepKind.Build);
        await run.Journal.StepAsync(step, StepStatus.Running, null, cancellationToken);
        await using var log = new BuildLog(run.Home, run.Deployment.Id, rollout.Service.Id, run.Now.Masker);
        var started = run.Clock.GetTimestamp();
        try
        {
            var built = await run.Images.BuildAsync(run.Now, rollout.Service, log.Write, cancellationToken);
            (rollout.ImageId, rollout.ContentHash) = (built.ImageId, built.ContentHash);
            var made = !built.Reused && !rollout.Service.ServiceType.IsBacking();
            var image = run.Journal.Event(rollout.Service.Id, EventType.ImageBuilt, new { Deployment = run.Deployment.Number, Image = built.ImageId, Content = built.ContentHash })
                with
            { Duration = run.Clock.GetElapsedTime(started) };
            await run.Journal.WriteAsync(
                db => run.Journal.StepAsync(db, step, StepStatus.Succeeded, built.Reused ? "image is there, nothing changed" : "image made", cancellationToken),
                made ? [image] : [], cancellationToken);
        }
        catch (ImageBuildException e)
        {
            log.Write(e.Message);
            throw new StepFailedException(rollout, StepKind.Build, $"{rollout.Name} could not be built{(e.Step is null ? "" : $" ({e.Step})")}; its build log says why.", e);
        }
        catch (Exception e) when (e is not OperationCanceledException and not LeaseLostException and not EngineUnavailableException and not Npgsql.NpgsqlException)
        {
            log.Write(e.Message);
            throw new StepFailedException(rollout, StepKind.Build, $"{rollout.Name} could not be built: {e.Message}", e);
        }
    }

    static void Choose(DeploymentRun run, Rollout rollout)
    {
        var state = run.Now;
        rollout.Blueprint = state.Blueprint(rollout.Service, rollout.ImageId);
        rollout.SpecHash = state.SpecHash(rollout.Service, rollout.ImageId);
        var replaceAll = run.Deployment.Kind is DeploymentKind.Restart || run.Deployment.Request.Rebuild;
        var choice = RolloutChoice.Of(rollout.Before.Where(c => c.InService), rollout.SpecHash, rollout.Plan.Replicas, replaceAll);
        // Scaling what is stopped changes how many there will be, it starts nothing.
        var asleep = run.Deployment.Kind is DeploymentKind.Scale && !rollout.Service.WantedRunning;
        rollout.Choice = asleep ? choice with { Wake = [], Missing = [] } : choice;
    }

    static Task EnsurePlacesAsync(DeploymentRun run, CancellationToken cancellationToken)
    {
        run.Lease.Demand();
        return WorkspacePlaces.EnsureAsync(run.Runtime, run.Now, run.Rollouts.Where(r => r.Choice.Missing.Count > 0).Select(r => r.Service), cancellationToken);
    }

    static async Task StartAsync(DeploymentRun run, Rollout rollout, CancellationToken cancellationToken)
    {
        var choice = rollout.Choice;
        if (choice.Missing.Count == 0 && choice.Wake.Count == 0)
        {
            await run.Journal.StepAsync(rollout.Step(StepKind.Start), StepStatus.Skipped, "runs as wanted", cancellationToken);
            return;
        }

        await run.Journal.StepAsync(rollout.Step(StepKind.Start), StepStatus.Running, null, cancellationToken);
        try
        {
            if (rollout.StopsFirst)
            {
                foreach (var old in choice.Retire.Where(c => c.Status is ContainerStatus.Running))
                {
                    rollout.StoppedFirst.Add(old);
                    await run.Work.StopAsync(old, cancellationToken);
                }
            }

            foreach (var container in choice.Wake)
            {
                rollout.Woken.Add(container);
                await run.Work.StartAsync(container, cancellationToken);
            }

            await Task.WhenAll(choice.Missing.Select(replica => run.Work.StartNewAsync(rollout.Blueprint!, rollout.SpecHash, replica, Made, cancellationToken)));
        }
        catch (Exception e) when (e is PortTakenException or ContainerNameTakenException or EngineRefusedException or NoPortLeftException or ContainerNotFoundException)
        {
            throw new StepFailedException(rollout, StepKind.Start, $"{rollout.Name} could not be started: {e.Message}", e);
        }

        var count = choice.Missing.Count + choice.Wake.Count;
        await run.Journal.StepAsync(rollout.Step(StepKind.Start), StepStatus.Succeeded, $"{count} container{(count == 1 ? "" : "s")} started", cancellationToken);

        void Made(ServiceContainer container)
        {
            lock (rollout.Fresh) rollout.Fresh.Add(container);
        }
    }

    static async Task VerifyAsync(DeploymentRun run, Rollout rollout, CancellationToken cancellationToken)
    {
        var started = rollout.Choice.Wake.Concat(rollout.Fresh.Where(c => c.Status is ContainerStatus.Running)).ToList();
        if (started.Count == 0)
        {
            await run.Journal.StepAsync(rollout.Step(StepKind.Verify), StepStatus.Skipped, null, cancellationToken);
            return;
        }

        await run.Journal.StepAsync(rollout.Step(StepKind.Verify), StepStatus.Running, null, cancellationToken);
        var verdicts = await Task.WhenAll(started.Select(async c => (Container: c, Why: await run.Gate.WaitAsync(rollout.Service, c, cancellationToken))));
        if (verdicts.FirstOrDefault(v => v.Why is not null) is (var bad, { } why))
        {
            await KeepLastLinesAsync(run, rollout, bad, cancellationToken);
            throw new StepFailedException(rollout, StepKind.Verify, $"{rollout.Name} did not get well: {why.TrimEnd('.')}. Its build log holds its last lines.");
        }

        await run.Journal.StepAsync(rollout.Step(StepKind.Verify), StepStatus.Succeeded, "healthy", cancellationToken);
    }

    // The container is about to be removed: what it said last is the reason people look for.
    static async Task KeepLastLinesAsync(DeploymentRun run, Rollout rollout, ServiceContainer container, CancellationToken cancellationToken)
    {
        await using var log = new BuildLog(run.Home, run.Deployment.Id, rollout.Service.Id, run.Now.Masker);
        log.Write($"[kyozo] last lines of {container.ContainerName}:");
        try
        {
            await foreach (var line in run.Runtime.ReadLogsAsync(container.ContainerId!, new() { Tail = 100 }, cancellationToken)) log.Write(line.Text);
        }
        catch (ContainerNotFoundException)
        {
            log.Write("[kyozo] the container is gone");
        }
    }
}
