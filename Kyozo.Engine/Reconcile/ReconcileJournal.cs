using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Events;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Deployments;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Reconcile;

/// <summary>The reconciler's right to touch one service: no deployment is changing it. Checked in every transaction, under the lock that claims take, so that none begins in between.</summary>
sealed class ReconcileJournal(IDbContextFactory<KyozoContext> contexts, EventLog events, TimeProvider clock, ServiceInstance service, Guid engineId, long epoch) : ContainerJournal(clock)
{
    bool _lost;

    public override Guid EngineId => engineId;

    // The workspace's newest: a deployment that is claimed later has a higher one.
    public override long Epoch => epoch;

    public override void Demand()
    {
        if (_lost) throw new LeaseLostException(service.Id);
    }

    public override async Task WriteAsync(Func<KyozoContext, Task> change, IReadOnlyList<NewEvent> newEvents, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock_shared(hashtextextended('kyozo deployment claims', 0))", cancellationToken);
        var active = await db.Deployments.AsNoTracking()
            .Where(d => d.WorkspaceId == service.WorkspaceId && DeploymentStates.Active.Contains(d.Status)).Select(d => d.Request).ToListAsync(cancellationToken);
        if (active.Exists(r => r.ServiceIds.Contains(service.Id)))
        {
            _lost = true;
            throw new LeaseLostException(service.Id);
        }

        await change(db);
        await db.SaveChangesAsync(cancellationToken);
        await events.AppendAsync(db, newEvents, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
