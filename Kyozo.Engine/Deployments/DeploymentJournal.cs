using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Events;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Deployments;

/// <summary>The only way by which a deployment writes: each change in a transaction that first proves the lease, with its events in the same transaction.</summary>
sealed class DeploymentJournal(IDbContextFactory<KyozoContext> contexts, EventLog events, TimeProvider clock, DeploymentLease lease) : ContainerJournal(clock)
{
    static readonly StepStatus[] Ended = [StepStatus.Succeeded, StepStatus.Failed, StepStatus.Skipped, StepStatus.Cancelled];

    public Deployment Deployment => lease.Deployment;

    public override Guid EngineId => Deployment.EngineId;

    public override long Epoch => Deployment.LeaseEpoch;

    public override void Demand() => lease.Demand();

    public override async Task WriteAsync(Func<KyozoContext, Task> change, IReadOnlyList<NewEvent> newEvents, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await DeploymentLeases.FenceAsync(db, Deployment, lease.Length, cancellationToken);
        await change(db);
        await db.SaveChangesAsync(cancellationToken);
        await events.AppendAsync(db, newEvents, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public Task StatusAsync(DeploymentStatus status, CancellationToken cancellationToken) => WriteAsync(
        db => db.Deployments.Where(d => d.Id == Deployment.Id).ExecuteUpdateAsync(u => u.SetProperty(d => d.Status, status), cancellationToken), [], cancellationToken);

    /// <summary>Adds the steps of a plan behind those of an earlier attempt, which end as cancelled.</summary>
    public async Task<IReadOnlyList<DeploymentStep>> PlanAsync(
        DeploymentPlan plan, IReadOnlyList<(Guid? Service, int Wave, StepKind Kind)> steps, IReadOnlyList<NewEvent> newEvents, CancellationToken cancellationToken)
    {
        List<DeploymentStep> rows = [];
        await WriteAsync(async db =>
        {
            await db.Deployments.Where(d => d.Id == Deployment.Id).ExecuteUpdateAsync(u => u.SetProperty(d => d.Plan, plan), cancellationToken);
            var before = await db.DeploymentSteps.Where(s => s.DeploymentId == Deployment.Id).MaxAsync(s => (int?)s.Ordinal, cancellationToken) ?? 0;
            await CloseAsync(db, StepStatus.Cancelled, "the worker was interrupted", cancellationToken);
            rows = [.. steps.Select((step, i) => new DeploymentStep
            {
                Id = Guid.CreateVersion7(Now),
                TeamId = Deployment.TeamId,
                DeploymentId = Deployment.Id,
                ServiceInstanceId = step.Service,
                Ordinal = before + i + 1,
                Wave = step.Wave,
                Kind = step.Kind,
            })];
            db.AddRange(rows);
        }, newEvents, cancellationToken);
        return rows;
    }

    public Task StepAsync(DeploymentStep? step, StepStatus status, string? detail, CancellationToken cancellationToken) =>
        step is null ? Task.CompletedTask : WriteAsync(db => StepAsync(db, step, status, detail, cancellationToken), [], cancellationToken);

    public async Task StepAsync(KyozoContext db, DeploymentStep? step, StepStatus status, string? detail, CancellationToken cancellationToken)
    {
        if (step is null) return;
        var now = Now;
        var ended = Ended.Contains(status) ? now : (DateTimeOffset?)null;
        await db.DeploymentSteps.Where(s => s.Id == step.Id).ExecuteUpdateAsync(u => u
            .SetProperty(s => s.Status, status)
            .SetProperty(s => s.Detail, detail)
            .SetProperty(s => s.StartedAt, s => s.StartedAt ?? now)
            .SetProperty(s => s.FinishedAt, ended), cancellationToken);
    }

    /// <summary>Ends every step that has not ended.</summary>
    public async Task CloseAsync(KyozoContext db, StepStatus status, string? detail, CancellationToken cancellationToken)
    {
        var now = Now;
        await db.DeploymentSteps.Where(s => s.DeploymentId == Deployment.Id && s.Status == StepStatus.Running)
            .ExecuteUpdateAsync(u => u.SetProperty(s => s.Status, status).SetProperty(s => s.Detail, detail).SetProperty(s => s.FinishedAt, now), cancellationToken);
        await db.DeploymentSteps.Where(s => s.DeploymentId == Deployment.Id && s.Status == StepStatus.Pending)
            .ExecuteUpdateAsync(u => u.SetProperty(s => s.Status, StepStatus.Skipped).SetProperty(s => s.FinishedAt, now), cancellationToken);
    }

    /// <summary>Ends the deployment; the outcome is the sentence people read.</summary>
    public Task FinishAsync(DeploymentStatus status, string outcome, Func<KyozoContext, Task> change, IReadOnlyList<NewEvent> newEvents, CancellationToken cancellationToken) =>
        WriteAsync(async db =>
        {
            await change(db);
            await db.SaveChangesAsync(cancellationToken);
            await CloseAsync(db, status is DeploymentStatus.Cancelled ? StepStatus.Cancelled : StepStatus.Failed, null, cancellationToken);
            var text = outcome.Length > 2000 ? outcome[..2000] : outcome;
            await db.Deployments.Where(d => d.Id == Deployment.Id).ExecuteUpdateAsync(u => u
                .SetProperty(d => d.Status, status)
                .SetProperty(d => d.Outcome, text)
                .SetProperty(d => d.FinishedAt, Now)
                .SetProperty(d => d.LeaseUntil, (DateTimeOffset?)null), cancellationToken);
        }, newEvents, cancellationToken);

    /// <summary>An event of this deployment about a service.</summary>
    public NewEvent Event(Guid serviceId, EventType type, object data, string? error = null) => new(
        Deployment.TeamId, serviceId, type, data, error,
        type is EventType.DeploymentCompleted or EventType.DeploymentFailed && Deployment.StartedAt is { } at ? Now - at : null, Deployment.RequestedBy);
}
