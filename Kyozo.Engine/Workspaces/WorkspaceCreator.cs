using System.Text;
using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Data.WorkerApi;
using Kyozo.Data.Workspaces;
using Kyozo.Engine.Folders;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Workspaces;

/// <summary>Makes workspaces: from a folder of this machine, or with an empty one of Kyozo's own to upload to.</summary>
public sealed class WorkspaceCreator(
    IDbContextFactory<KyozoContext> contexts, AllowedRoots allowed, KyozoHome home, EventLog events, TimeProvider clock)
{
    const int LongestName = 100;
    const int LongestSlug = 63;

    /// <summary>Checks the folder and makes the row.</summary>
    /// <exception cref="FolderRefusedException">The name or the folder is not taken; the message says why.</exception>
    public async Task<WorkspaceCreated> CreateAsync(Actor actor, NewWorkspace asked, CancellationToken cancellationToken)
    {
        var name = asked.Name?.Trim() ?? "";
        if (name.Length is 0 or > LongestName || name.Any(char.IsControl)) throw new FolderRefusedException($"Give the workspace a name of 1 to {LongestName} characters.");

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);

        // One at a time: of two that ask for overlapping folders, or for one slug, the second must see the first.
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended('kyozo:workspaces', 0))", cancellationToken);
        var root = asked.RootPath is null ? Path.Combine(home.Workspaces, id.ToString()) : allowed.Require(asked.RootPath);
        await RequireFreeAsync(db, root, cancellationToken);

        var workspace = new Workspace
        {
            Id = id,
            TeamId = actor.TeamId,
            EngineId = WellKnown.LocalEngine,
            Name = name,
            Slug = await FreeSlugAsync(db, actor.TeamId, name, cancellationToken),
            RootPath = root,
            CreatedAt = now,
            UpdatedAt = now,
        };
        db.Add(workspace);
        await db.SaveChangesAsync(cancellationToken);
        await events.AppendAuditAsync(
            db, new(actor.TeamId, "workspace_created", new { workspace.Name, workspace.Slug, Folder = asked.RootPath is null ? "upload" : root }, actor.UserId, "workspace", id), cancellationToken);

        if (asked.RootPath is null) Directory.CreateDirectory(root);
        await transaction.CommitAsync(cancellationToken);
        return new(id, workspace.Slug);
    }

    // Any team's: two workspaces over one folder would build, watch and delete each other's files.
    static async Task RequireFreeAsync(KyozoContext db, string root, CancellationToken cancellationToken)
    {
        var roots = await db.Set<Workspace>().Where(w => w.DeletedAt == null).Select(w => w.RootPath).ToListAsync(cancellationToken);
        if (roots.Exists(other => RealPath.Overlap(root, other)))
            throw new FolderRefusedException("This folder belongs to a workspace already, or lies in the folder of one, or holds one.");
    }

    static async Task<string> FreeSlugAsync(KyozoContext db, Guid teamId, string name, CancellationToken cancellationToken)
    {
        var wish = Slug(name);
        var taken = await db.Set<Workspace>().Where(w => w.TeamId == teamId && w.DeletedAt == null).Select(w => w.Slug).ToListAsync(cancellationToken);
        for (var number = 1; ; number++)
        {
            var ending = number == 1 ? "" : $"-{number}";
            var slug = wish[..Math.Min(wish.Length, LongestSlug - ending.Length)] + ending;
            if (!taken.Contains(slug)) return slug;
        }
    }

    /// <summary>"Tea Shop (EU)" → <c>tea-shop-eu</c>; what has no letter or digit at all → <c>workspace</c>.</summary>
    internal static string Slug(string name)
    {
        var slug = new StringBuilder();
        foreach (var c in name.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c)) slug.Append(c);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        }

        var text = slug.ToString().TrimEnd('-');
        return text.Length == 0 ? "workspace" : text[..Math.Min(text.Length, LongestSlug)].TrimEnd('-');
    }
}
