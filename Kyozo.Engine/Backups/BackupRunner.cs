using Kyozo.Data;
using Kyozo.Data.Backups;
using Kyozo.Data.Schema;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Engine.Backups;

/// <summary>What is asked for.</summary>
/// <param name="File">Where to write it, or null for the folder of backups, where rotation keeps order.</param>
/// <param name="Check">Restore and compare it before it counts as good.</param>
/// <param name="Node">Worker or machine.</param>
/// <param name="RequestedBy">User who asked, or null for the schedule.</param>
public sealed record BackupRequest(string? File, bool Check, string Node, Guid? RequestedBy = null);

/// <summary>What came of it.</summary>
/// <param name="Id">Row of <c>backups</c>.</param>
/// <param name="Status">How it ended.</param>
/// <param name="File">Where it is, or null when there is none.</param>
/// <param name="SizeBytes">Its size, or null.</param>
/// <param name="Rows">Rows that it holds, or null.</param>
/// <param name="Problem">What is wrong with it, or null.</param>
/// <param name="Removed">Older backups that rotation removed.</param>
public sealed record BackupDone(Guid Id, BackupStatus Status, string? File, long? SizeBytes, long? Rows, string? Problem, IReadOnlyList<string> Removed);

/// <summary>
/// Makes one backup: dump, encrypt, check, and only then give it its name; then rotates. One at a time, and never while partitions move
/// (<see cref="DatabaseLocks"/>). Killed at any point it leaves a <c>.part</c> file and perhaps a scratch database, which the next run removes.
/// </summary>
public sealed class BackupRunner(MaintenanceDataSource database, BackupConnections connections, KyozoHome home, IOptions<BackupOptions> options, TimeProvider clock)
{
    readonly BackupBooks _books = new(database, clock);

    /// <summary>Makes a backup.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="say">Told what is being done, one line a step.</param>
    /// <param name="cancellationToken">Ends it; nothing is left.</param>
    /// <exception cref="BackupException">It could not be made; also in the books, unless another one was under way.</exception>
    public async Task<BackupDone> RunAsync(BackupRequest request, Action<string> say, CancellationToken cancellationToken)
    {
        if (File.Exists(request.File)) throw new BackupException($"{request.File} is there already. Name another file.");
        var key = BackupKey.Of(home);
        var name = new NpgsqlConnectionStringBuilder(connections.Dump).Database!;
        var folder = new BackupFolder(options.Value.Folder ?? home.Backups, name);
        await using var session = await database.OpenAsync(cancellationToken);
        await using var held = await DatabaseLocks.TryTakeAsync(session, DatabaseLocks.Backup, cancellationToken)
            ?? throw new BackupException("Another backup of this database is under way. The portal's database page shows it.");
        folder.Create();
        folder.Sweep();
        foreach (var left in await ScratchDatabase.SweepAsync(connections, name, cancellationToken)) say($"dropped {left}, which an interrupted check had left");
        await _books.CloseLostAsync(cancellationToken);

        var takenAt = clock.GetUtcNow();
        var id = await _books.BeginAsync(request.Node, request.RequestedBy, cancellationToken);
        var part = (request.File ?? folder.NameOf(takenAt, isChecked: true)) + BackupFile.PartExtension;
        BackupManifest? manifest = null;
        BackupDone done;
        try
        {
            File.Delete(part);
            manifest = await DumpAsync(session, part, key, say, cancellationToken);
            done = await FinishAsync(id, request, folder, takenAt, part, manifest, key, say, cancellationToken);
        }
        catch (Exception e)
        {
            File.Delete(part);
            var problem = e is OperationCanceledException ? "Stopped." : e.GetBaseException().Message;
            await _books.EndAsync(new(id, BackupStatus.Failed, null, null, null, problem, []), manifest, request.RequestedBy);
            if (e is BackupException or OperationCanceledException) throw;
            throw new BackupException($"The backup could not be made: {problem}", e);
        }

        await _books.EndAsync(done, manifest, request.RequestedBy);
        return done;
    }

    async Task<BackupManifest> DumpAsync(NpgsqlConnection session, string part, BackupKey key, Action<string> say, CancellationToken cancellationToken)
    {
        // Partitions that change their place meanwhile would be in the dump twice or not at all.
        await using var still = await DatabaseLocks.TakeAsync(session, DatabaseLocks.Retention, options.Value.Patience, clock, cancellationToken)
            ?? throw new BackupException($"An archival has been under way for {options.Value.Patience.TotalMinutes:0} min; the backup did not wait longer. The next one comes by the schedule.");
        if (BackupRoom.FindLack(Path.GetDirectoryName(part)!, await BackupRoom.EstimateAsync(session, cancellationToken), options.Value) is { } lack)
            throw new BackupException($"The backup was not begun: {lack}. Make room there, or name another folder in Kyozo:Backup:Folder.");
        say($"dumping into {part}");
        return await new DatabaseDump(connections, key, clock).WriteAsync(part, cancellationToken);
    }

    async Task<BackupDone> FinishAsync(
        Guid id, BackupRequest request, BackupFolder folder, DateTimeOffset takenAt, string part, BackupManifest manifest, BackupKey key, Action<string> say, CancellationToken cancellationToken)
    {
        var (size, rows) = (new FileInfo(part).Length, manifest.Content.TotalRows);
        var check = new CheckResult(null, Possible: false);
        if (request.Check)
        {
            say($"restoring it into a scratch database and comparing {rows} rows");
            check = await new BackupCheck(connections, key, options.Value).RunAsync(part, cancellationToken);
        }

        if (check is { Possible: true, Problem: { } problem })
            return new(id, BackupStatus.Damaged, folder.PutAside(part, takenAt), size, rows, problem, Rotate());

        var file = request.File ?? folder.NameOf(takenAt, isChecked: check.Possible);
        File.Move(part, file, overwrite: false);
        return new(id, check.Possible ? BackupStatus.Good : BackupStatus.Unchecked, file, size, rows, check.Problem, Rotate());

        IReadOnlyList<string> Rotate() => request.File is null ? folder.Rotate(options.Value) : [];
    }
}
