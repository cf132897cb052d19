using Kyozo.Data;
using Kyozo.Data.WorkerApi;
using Kyozo.Data.Workspaces;
using Kyozo.Engine.Folders;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Workspaces;

/// <summary>Lists sub-folders of the allowed roots, to choose a workspace's folder from. Names only; other teams' workspaces are left out.</summary>
public sealed class FolderBrowser(IDbContextFactory<KyozoContext> contexts, AllowedRoots allowed)
{
    const int MostFolders = 1000;

    /// <summary>The sub-folders of a folder, or the allowed roots for null.</summary>
    /// <exception cref="FolderRefusedException">The folder is not under an allowed root.</exception>
    public async Task<FolderListing> ListAsync(Guid teamId, string? path, CancellationToken cancellationToken)
    {
        var foreign = await ForeignRootsAsync(teamId, cancellationToken);
        var roots = allowed.Browsable().Where(r => !IsForeign(r)).ToList();
        if (path is null) return new(null, null, roots);

        var refused = new FolderRefusedException($"{path} is not a folder under an allowed one.");
        if (!Path.IsPathFullyQualified(path) || path.Any(char.IsControl)) throw refused;
        var real = RealOrNull(path);
        if (real is null || IsForeign(real) || !roots.Exists(root => RealPath.IsWithin(real, root)) || !Directory.Exists(real)) throw refused;
        try
        {
            var folders = new DirectoryInfo(real).EnumerateDirectories()
                .Where(f => f.LinkTarget is null && !f.Name.StartsWith('.') && !IsForeign(f.FullName))
                .Take(MostFolders).Select(f => f.FullName).Order(StringComparer.Ordinal).ToList();
            return new(real, roots.Contains(real) ? null : Path.GetDirectoryName(real), folders);
        }
        catch (UnauthorizedAccessException)
        {
            throw new FolderRefusedException($"The worker may not read {path}.");
        }

        bool IsForeign(string folder) => foreign.Exists(root => RealPath.IsWithin(folder, root));
    }

    static string? RealOrNull(string path)
    {
        try
        {
            return RealPath.Of(path);
        }
        catch (IOException)
        {
            return null;
        }
    }

    async Task<List<string>> ForeignRootsAsync(Guid teamId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Workspace>().Where(w => w.TeamId != teamId && w.DeletedAt == null).Select(w => w.RootPath).ToListAsync(cancellationToken);
    }
}
