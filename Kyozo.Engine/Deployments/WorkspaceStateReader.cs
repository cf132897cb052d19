using System.Security.Cryptography;
using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Engine.Images;
using Kyozo.Engine.Secrets;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Deployments;

/// <summary>Reads a <see cref="WorkspaceState"/>.</summary>
public sealed class WorkspaceStateReader(IDbContextFactory<KyozoContext> contexts, SecretStore secrets, Installation installation)
{
    const int PasswordLength = 32;
    // No signs that a URL or a shell would read as something else.
    const string PasswordLetters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

    /// <summary>The workspace now, or null when it is deleted.</summary>
    public async Task<WorkspaceState?> ReadAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var workspace = await db.Workspaces.AsNoTracking().SingleOrDefaultAsync(w => w.Id == workspaceId && w.DeletedAt == null, cancellationToken);
        if (workspace is null) return null;

        var team = await db.Teams.AsNoTracking().SingleAsync(t => t.Id == workspace.TeamId, cancellationToken);
        var services = await db.ServiceInstances.AsNoTracking()
            .Where(s => s.WorkspaceId == workspaceId && s.DeletedAt == null).OrderBy(s => s.Name).ToListAsync(cancellationToken);
        var ids = services.ConvertAll(s => s.Id);
        var edges = await db.ServiceDependencies.AsNoTracking()
            .Where(d => ids.Contains(d.ServiceInstanceId) && ids.Contains(d.DependsOnId)).ToListAsync(cancellationToken);
        var containers = await db.ServiceContainers.AsNoTracking()
            .Where(c => ids.Contains(c.ServiceInstanceId) && c.RemovedAt == null).OrderBy(c => c.Replica).ToListAsync(cancellationToken);
        var releaseIds = services.Where(s => s.ReleaseId != null).Select(s => s.ReleaseId!.Value).Distinct().ToList();
        var releases = await db.Releases.AsNoTracking().Where(r => releaseIds.Contains(r.Id)).ToListAsync(cancellationToken);
        return new(secrets.HashKey.ToArray())
        {
            Installation = installation.Id,
            Team = team,
            Workspace = workspace,
            Services = services,
            Dependencies = edges,
            Containers = containers,
            Released = Current(services.Select(s => (s.Id, s.ReleaseId)), releases),
            Secrets = await secrets.ReadAsync(workspaceId, cancellationToken),
        };
    }

    /// <summary>Makes the passwords of backing services that have none yet; to be called before <see cref="ReadAsync"/> by whoever starts them.</summary>
    public async Task EnsurePasswordsAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var services = await db.ServiceInstances.AsNoTracking()
            .Where(s => s.WorkspaceId == workspaceId && s.DeletedAt == null)
            .Select(s => new { s.Id, s.TeamId, s.ServiceType })
            .ToListAsync(cancellationToken);
        foreach (var service in services.Where(s => BackingImages.Find(s.ServiceType) is { NeedsPassword: true }))
        {
            await secrets.GeneratedAsync(service.TeamId, workspaceId, service.Id, WorkspaceState.GeneratedPassword,
                () => RandomNumberGenerator.GetString(PasswordLetters, PasswordLength), cancellationToken);
        }
    }

    static Dictionary<Guid, ReleasedService> Current(IEnumerable<(Guid Service, Guid? Release)> services, List<Release> releases)
    {
        var found = new Dictionary<Guid, ReleasedService>();
        foreach (var (service, release) in services)
        {
            var released = releases.FirstOrDefault(r => r.Id == release)?.Services.FirstOrDefault(s => s.ServiceId == service);
            if (released is not null) found[service] = released;
        }

        return found;
    }
}
