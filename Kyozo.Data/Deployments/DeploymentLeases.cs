using Microsoft.EntityFrameworkCore;

namespace Kyozo.Data.Deployments;

/// <summary>What a worker learns when it renews its lease.</summary>
/// <param name="Held">False: another worker has the deployment; stop at once and write nothing.</param>
/// <param name="CancelRequested">Somebody wants it ended.</param>
public sealed record LeaseState(bool Held, bool CancelRequested);

/// <summary>The lease was lost: another worker has taken the deployment over, what this one still does must not count.</summary>
public sealed class LeaseLostException(Guid deployment) : Exception($"Another worker has taken over deployment {deployment}.");

/// <summary>
/// The worker's side of the queue. A deployment belongs to the worker whose name and epoch stand in its row until the lease runs out; time is the database's.
/// Epochs rise per workspace with every claim, so that containers of an older one are recognised whichever deployment made them.
/// </summary>
public sealed class DeploymentLeases(IDbContextFactory<KyozoContext> contexts)
{
    /// <summary>Takes the next deployment that waits, or one whose worker has died; null when there is none. At most one per workspace is under way.</summary>
    /// <param name="owner">Name of the worker, unique among those that run.</param>
    /// <param name="engines">The engines it serves.</param>
    /// <param name="lease">How long it is held without renewal.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Deployment?> ClaimAsync(string owner, IReadOnlyList<Guid> engines, TimeSpan lease, CancellationToken cancellationToken)
    {
        var ids = engines.ToArray();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Claims are milliseconds and rare; one after the other they need no second look at "is another one of this workspace under way".
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended('kyozo deployment claims', 0))", cancellationToken);
        var claimed = await db.Deployments.FromSql(
            $"""
            UPDATE deployments d SET
                status = CASE WHEN d.status IN ('queued', 'interrupted') THEN 'building' ELSE d.status END,
                lease_owner = {owner},
                lease_until = clock_timestamp() + {lease},
                lease_epoch = 1 + (SELECT max(lease_epoch) FROM deployments w WHERE w.workspace_id = d.workspace_id),
                started_at = coalesce(d.started_at, clock_timestamp())
            WHERE d.id = (
                SELECT c.id FROM deployments c
                WHERE c.engine_id = ANY ({ids})
                  AND (c.status IN ('building', 'starting', 'verifying', 'switching') AND c.lease_until < clock_timestamp()
                    OR c.status IN ('queued', 'interrupted') AND NOT EXISTS (
                        SELECT 1 FROM deployments o
                        WHERE o.workspace_id = c.workspace_id AND o.id <> c.id
                          AND (o.status IN ('building', 'starting', 'verifying', 'switching')
                            OR o.status IN ('queued', 'interrupted') AND o.number < c.number)))
                ORDER BY c.created_at
                LIMIT 1
                FOR UPDATE SKIP LOCKED)
            RETURNING d.*
            """).AsNoTracking().ToListAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return claimed.SingleOrDefault();
    }

    /// <summary>Heartbeat: holds the deployment for another while.</summary>
    public async Task<LeaseState> RenewAsync(Deployment deployment, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var held = await HoldAsync(db, deployment, lease, cancellationToken);
        var cancel = held && await db.Deployments.AnyAsync(d => d.Id == deployment.Id && d.CancelRequestedAt != null, cancellationToken);
        return new(held, cancel);
    }

    /// <summary>To be called first in every transaction of a deployment's worker: renews the lease and keeps the row locked until the transaction ends, so that nothing is written by a worker that lost it.</summary>
    /// <exception cref="LeaseLostException">It was lost.</exception>
    public static async Task FenceAsync(KyozoContext db, Deployment deployment, TimeSpan lease, CancellationToken cancellationToken)
    {
        if (!await HoldAsync(db, deployment, lease, cancellationToken)) throw new LeaseLostException(deployment.Id);
    }

    /// <summary>Gives an unfinished deployment back (the worker is stopping): another takes it up at once.</summary>
    public async Task GiveBackAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await Mine(db, deployment)
            .Where(d => d.Status != DeploymentStatus.Switching)
            .ExecuteUpdateAsync(u => u.SetProperty(d => d.Status, DeploymentStatus.Interrupted).SetProperty(d => d.LeaseUntil, (DateTimeOffset?)null), cancellationToken);
        // What has switched must not begin again: it keeps its state and is taken up where it was, as after a crash.
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE deployments SET lease_until = clock_timestamp() - interval '1 second'
            WHERE id = {deployment.Id} AND lease_owner = {deployment.LeaseOwner} AND lease_epoch = {deployment.LeaseEpoch} AND status = 'switching'
            """, cancellationToken);
    }

    static async Task<bool> HoldAsync(KyozoContext db, Deployment deployment, TimeSpan lease, CancellationToken cancellationToken) =>
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE deployments SET lease_until = clock_timestamp() + {lease}
            WHERE id = {deployment.Id} AND lease_owner = {deployment.LeaseOwner} AND lease_epoch = {deployment.LeaseEpoch}
              AND status IN ('building', 'starting', 'verifying', 'switching')
            """, cancellationToken) == 1;

    static IQueryable<Deployment> Mine(KyozoContext db, Deployment deployment) => db.Deployments.Where(d =>
        d.Id == deployment.Id && d.LeaseOwner == deployment.LeaseOwner && d.LeaseEpoch == deployment.LeaseEpoch && DeploymentStates.Active.Contains(d.Status));
}
