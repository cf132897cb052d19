using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Engine.Containers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Deployments;

/// <summary>
/// Carries out one claimed deployment: demand again, plan, build, start, gate, switch, drain, stop old. Whatever goes wrong before the switch leaves what ran before;
/// whatever goes wrong after it is finished later. Every step may be repeated: the next worker takes up where this one ended.
/// </summary>
public sealed class DeploymentRunner(
    IDbContextFactory<KyozoContext> contexts, DeploymentLeases leases, AccessControl access, EventLog events, WorkspaceStateReader states, DeploymentPreview preview,
    IServiceImages images, HealthGate gate, IContainerRuntime runtime, PortBook ports, KyozoHome home, IOptions<DeploymentOptions> options, TimeProvider clock,
    ILogger<DeploymentRunner> logger)
{
    // Taking back what was begun must not wait for ever for an engine that hangs.
    static readonly TimeSpan UndoLimit = TimeSpan.FromMinutes(1);

    /// <summary>Returns when the deployment has ended, was given back, or was taken over by another worker.</summary>
    public async Task RunAsync(Deployment deployment, CancellationToken stopping)
    {
        var left = deployment.StartedAt is { } started ? options.Value.Deadline - (clock.GetUtcNow() - started) : options.Value.Deadline;
        using var deadline = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock);
        await using var lease = new DeploymentLease(leases, deployment, options.Value.Lease, clock, logger, stopping);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(lease.Token, deadline.Token);
        var journal = new DeploymentJournal(contexts, events, clock, lease);
        var run = new DeploymentRun
        {
            Journal = journal,
            Lease = lease,
            Work = new(runtime, journal, ports, options.Value),
            Runtime = runtime,
            Images = images,
            Gate = gate,
            Home = home,
            Options = options.Value,
            Clock = clock,
        };
        try
        {
            await ExecuteAsync(run, either.Token);
        }
        catch (Exception e) when (e is LeaseLostException || lease.Lost)
        {
            logger.LogWarning("Deployment {Deployment} was taken over by another worker", deployment.Number);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !lease.CancelRequested)
        {
            using var limit = new CancellationTokenSource(UndoLimit, clock);
            await leases.GiveBackAsync(deployment, limit.Token);
            logger.LogInformation("Deployment {Deployment} is given back: this worker stops", deployment.Number);
        }
        catch (Exception e)
        {
            await EndAsync(run, e, deadline.IsCancellationRequested, stopping);
        }
    }

    async Task ExecuteAsync(DeploymentRun run, CancellationToken cancellationToken)
    {
        var deployment = run.Journal.Deployment;
        if (deployment.Status is DeploymentStatus.Switching)
        {
            // An earlier worker died between switch and end: only the old containers are left to remove.
            run.State = await states.ReadAsync(deployment.WorkspaceId, cancellationToken);
            run.Plan = deployment.Plan;
            await Replacement.FinishAsync(run, cancellationToken);
            return;
        }

        if (deployment.CancelRequestedAt is not null) throw new DeploymentCancelledException();
        var actor = new Actor(deployment.RequestedBy, deployment.TeamId);
        foreach (var service in deployment.Request.ServiceIds)
            await access.DemandAsync(actor, DeploymentAccess.ActionOf(deployment.Kind), AccessTarget.Service(service), cancellationToken);

        if (deployment.Kind is not (DeploymentKind.Stop or DeploymentKind.Delete)) await states.EnsurePasswordsAsync(deployment.WorkspaceId, cancellationToken);
        run.State = await states.ReadAsync(deployment.WorkspaceId, cancellationToken) ?? throw new DeploymentRefusedException("The workspace is not there (any more).");
        await run.LookAsync(cancellationToken);
        var facts = await preview.FactsAsync(run.State, deployment.Kind, deployment.Request, cancellationToken);
        run.Target = facts.Target;
        await run.PrepareAsync(DeploymentPlanner.Plan(facts), cancellationToken);
        await run.RemoveLeftoversAsync(cancellationToken);

        if (run.Rollouts.Count == 0 && !deployment.Request.DeleteWorkspace) await run.Journal.FinishAsync(DeploymentStatus.Succeeded, run.Plan!.Summary, _ => Task.CompletedTask, [], cancellationToken);
        else if (deployment.Kind is DeploymentKind.Stop or DeploymentKind.Delete) await Takedown.RunAsync(run, cancellationToken);
        else await Replacement.RunAsync(run, cancellationToken);
    }

    async Task EndAsync(DeploymentRun run, Exception e, bool tooLate, CancellationToken stopping)
    {
        var deployment = run.Journal.Deployment;
        using var limit = new CancellationTokenSource(UndoLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        try
        {
            if (run.Switched)
            {
                // Too late to take back: the new containers serve.
                await Replacement.FinishAsync(run, either.Token);
                return;
            }

            var cancelled = e is DeploymentCancelledException || run.Lease.CancelRequested && e is OperationCanceledException;
            var (status, outcome) = cancelled ? (DeploymentStatus.Cancelled, "Cancelled; what ran before still runs.")
                : tooLate ? (DeploymentStatus.Failed, $"It was not done within {options.Value.Deadline.TotalMinutes:0} minutes.")
                : (DeploymentStatus.Failed, Reason(e));
            if (!cancelled && e is not (StepFailedException or DeploymentRefusedException or AccessDeniedException or EngineUnavailableException))
                logger.LogError(e, "Deployment {Deployment} failed", deployment.Number);
            await Undo.RunAsync(run, status, run.State?.Masker.Clean(outcome) ?? outcome, e as StepFailedException, either.Token);
        }
        catch (LeaseLostException)
        {
            logger.LogWarning("Deployment {Deployment} was taken over by another worker", deployment.Number);
        }
    }

    static string Reason(Exception e) => e switch
    {
        StepFailedException or DeploymentRefusedException => e.Message,
        AccessDeniedException denied => denied.Missing is null
            ? "One of its services is not there (any more)."
            : $"Whoever asked for it may not do it any more: the permission {denied.Missing} is missing.",
        EngineUnavailableException => $"The container engine does not answer: {e.Message}",
        _ => $"It ended unexpectedly: {e.Message}",
    };
}

/// <summary>The plan may not be carried out.</summary>
sealed class DeploymentRefusedException(string message) : Exception(message);

/// <summary>It was cancelled before this worker took it up.</summary>
sealed class DeploymentCancelledException() : Exception("Cancelled.");
