using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.WorkerApi;
using Kyozo.Data.Workspaces;
using Kyozo.Engine.Folders;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Workspaces;

/// <summary>One file of a folder that is being sent.</summary>
public sealed record SentFile(string Path, Stream Content);

/// <summary>Takes uploads into workspaces whose folder Kyozo made: all of it or nothing, and never into anybody's own folder.</summary>
public sealed class WorkspaceUpload(
    IDbContextFactory<KyozoContext> contexts, KyozoHome home, EventLog events, IOptions<ArchiveLimits> limits, TimeProvider clock)
{
    /// <summary>Replaces the workspace's folder by the content of an archive.</summary>
    /// <param name="actor">Who sends it.</param>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="fileName">Its name, for the one wrapping folder of that name; null when none was given.</param>
    /// <param name="archive">Read once, to its end.</param>
    /// <param name="cancellationToken">Stops it; nothing has changed then.</param>
    /// <exception cref="FolderRefusedException">It is not taken; the message says why.</exception>
    public Task<UploadDone> ReceiveArchiveAsync(Actor actor, Guid workspaceId, string? fileName, Stream archive, CancellationToken cancellationToken) =>
        ReceiveAsync(actor, workspaceId, async staged =>
        {
            await using (var file = new FileStream(staged.ArchiveFile, FileMode.CreateNew, FileAccess.Write))
            await using (var limited = new LimitedStream(archive, limits.Value.ReceivedBytes))
                await limited.CopyToAsync(file, cancellationToken);
            await ArchiveReader.UnpackAsync(staged, cancellationToken);
            return fileName is null ? null : WithoutExtension(Path.GetFileName(fileName));
        }, cancellationToken);

    /// <summary>Replaces the workspace's folder by the files of a folder.</summary>
    /// <exception cref="FolderRefusedException">It is not taken; the message says why.</exception>
    public Task<UploadDone> ReceiveFolderAsync(Actor actor, Guid workspaceId, IAsyncEnumerable<SentFile> files, CancellationToken cancellationToken) =>
        ReceiveAsync(actor, workspaceId, async staged =>
        {
            string? top = null;
            await foreach (var file in files.WithCancellation(cancellationToken))
            {
                await staged.AddFileAsync(file.Path, file.Content, cancellationToken);

                // A dragged folder sends its own name before every path.
                top ??= file.Path.Split('/')[0];
            }

            return top;
        }, cancellationToken);

    async Task<UploadDone> ReceiveAsync(Actor actor, Guid workspaceId, Func<StagedFolder, Task<string?>> fill, CancellationToken cancellationToken)
    {
        var root = await RootAsync(actor.TeamId, workspaceId, cancellationToken);
        try
        {
            Directory.CreateDirectory(home.Staging);
            using var staged = StagedFolder.Create(home.Staging, Guid.CreateVersion7(clock.GetUtcNow()), limits.Value);
            var wrapper = await fill(staged);
            staged.MoveTo(root, wrapper);
            await AuditAsync(actor, workspaceId, "upload_taken", new { Files = staged.FileCount, staged.Bytes }, cancellationToken);
            return new(staged.FileCount, staged.Bytes);
        }
        catch (FolderRefusedException e)
        {
            await AuditAsync(actor, workspaceId, "upload_rejected", new { Reason = e.Message }, CancellationToken.None);
            throw;
        }
    }

    async Task<string> RootAsync(Guid teamId, Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var root = await db.Set<Workspace>().Where(w => w.TeamId == teamId && w.Id == workspaceId && w.DeletedAt == null).Select(w => w.RootPath).SingleAsync(cancellationToken);
        return RealPath.Of(Path.GetDirectoryName(root)!) == RealPath.Of(home.Workspaces)
            ? root
            : throw new FolderRefusedException("This workspace uses a folder of the worker's machine, and an upload would replace what is in it. Make a workspace without a folder to upload to.");
    }

    async Task AuditAsync(Actor actor, Guid workspaceId, string action, object data, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await events.AppendAuditAsync(db, new(actor.TeamId, action, data, actor.UserId, "workspace", workspaceId), cancellationToken);
    }

    static string WithoutExtension(string name)
    {
        foreach (var extension in new[] { ".tar.gz", ".tgz", ".tar", ".zip" })
        {
            if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) return name[..^extension.Length];
        }

        return name;
    }
}
