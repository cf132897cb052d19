using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.Secrets;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Secrets;

/// <summary>The embedded secret store: values are encrypted in the database, the key is a file that only the worker reads.</summary>
public sealed class SecretStore(IDbContextFactory<KyozoContext> contexts, EventLog events, KyozoHome home, TimeProvider clock)
{
    readonly Lazy<SecretCipher> _cipher = new(() => SecretCipher.FromFile(home.SecretsKeyFile));

    /// <summary>Key for hashes over texts that hold secrets.</summary>
    public ReadOnlySpan<byte> HashKey => _cipher.Value.HashKey;

    /// <summary>Writes a secret of a service, or removes it. The right is the caller's to demand; that it was done is recorded, the value is not.</summary>
    /// <param name="actor">Who writes.</param>
    /// <param name="serviceId">A live service of the actor's team.</param>
    /// <param name="name">Name of the variable, <c>[A-Za-z_][A-Za-z0-9_]{0,127}</c>.</param>
    /// <param name="value">At most 64 KiB; null removes it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AccessDeniedException">The service is not there.</exception>
    public async Task WriteAsync(Actor actor, Guid serviceId, string name, string? value, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var service = await db.ServiceInstances.AsNoTracking()
            .SingleOrDefaultAsync(s => s.Id == serviceId && s.TeamId == actor.TeamId && s.DeletedAt == null, cancellationToken)
            ?? throw new AccessDeniedException(AccessAction.ModifyConfig, AccessTarget.Service(serviceId), null);
        await StoreAsync(db, actor.TeamId, service.WorkspaceId, serviceId, name, value, actor.UserId, cancellationToken);
        await events.AppendAsync(db, new NewEvent(actor.TeamId, serviceId, EventType.ConfigurationUpdated,
            new { Secret = name, Change = value is null ? "removed" : "written" }, UserId: actor.UserId), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The value of a generated credential; made and stored at the first call.</summary>
    public async Task<string> GeneratedAsync(Guid teamId, Guid workspaceId, Guid serviceId, string name, Func<string> make, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var stored = await db.Secrets.AsNoTracking().Where(s => s.ServiceInstanceId == serviceId && s.Name == name).Select(s => s.Ciphertext).SingleOrDefaultAsync(cancellationToken);
        if (stored is null)
        {
            var sealedValue = _cipher.Value.Encrypt(make(), Place(serviceId, name));
            // Another worker may be first; then its value holds.
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO secrets (id, team_id, workspace_id, service_instance_id, name, ciphertext, updated_by, updated_at)
                VALUES ({Guid.CreateVersion7(clock.GetUtcNow())}, {teamId}, {workspaceId}, {serviceId}, {name}, {sealedValue}, {WellKnown.Operator}, {clock.GetUtcNow()})
                ON CONFLICT DO NOTHING
                """, cancellationToken);
            stored = await db.Secrets.AsNoTracking().Where(s => s.ServiceInstanceId == serviceId && s.Name == name).Select(s => s.Ciphertext).SingleAsync(cancellationToken);
        }

        return _cipher.Value.Decrypt(stored, Place(serviceId, name));
    }

    /// <summary>All secrets of a workspace's services: service → name → value.</summary>
    public async Task<IReadOnlyDictionary<Guid, IReadOnlyDictionary<string, string>>> ReadAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.Secrets.AsNoTracking().Where(s => s.WorkspaceId == workspaceId && s.ServiceInstanceId != null).ToListAsync(cancellationToken);
        return rows.GroupBy(s => s.ServiceInstanceId!.Value).ToDictionary(
            g => g.Key,
            g => (IReadOnlyDictionary<string, string>)g.ToDictionary(s => s.Name, s => _cipher.Value.Decrypt(s.Ciphertext, Place(g.Key, s.Name))));
    }

    /// <summary>Hides the secrets of a service's whole workspace: it may print the password of the database it uses.</summary>
    public async Task<SecretMasker> MaskerAsync(Guid serviceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var workspace = await db.ServiceInstances.Where(s => s.Id == serviceId).Select(s => s.WorkspaceId).SingleOrDefaultAsync(cancellationToken);
        return new((await ReadAsync(workspace, cancellationToken)).Values.SelectMany(s => s.Values));
    }

    async Task StoreAsync(KyozoContext db, Guid teamId, Guid workspaceId, Guid serviceId, string name, string? value, Guid by, CancellationToken cancellationToken)
    {
        var existing = await db.Secrets.SingleOrDefaultAsync(s => s.ServiceInstanceId == serviceId && s.Name == name, cancellationToken);
        if (value is null)
        {
            if (existing is not null) db.Remove(existing);
        }
        else
        {
            var sealedValue = _cipher.Value.Encrypt(value, Place(serviceId, name));
            if (existing is null)
            {
                db.Add(new Secret
                {
                    Id = Guid.CreateVersion7(clock.GetUtcNow()),
                    TeamId = teamId,
                    WorkspaceId = workspaceId,
                    ServiceInstanceId = serviceId,
                    Name = name,
                    Ciphertext = sealedValue,
                    UpdatedBy = by,
                    UpdatedAt = clock.GetUtcNow(),
                });
            }
            else
            {
                (existing.Ciphertext, existing.UpdatedBy, existing.UpdatedAt) = (sealedValue, by, clock.GetUtcNow());
            }
        }

        await db.SaveChangesAsync(cancellationToken);
    }

    static string Place(Guid service, string name) => $"{service:N}/{name}";
}
