using Npgsql;

namespace Kyozo.Engine.Backups;

/// <summary>What a check found.</summary>
/// <param name="Problem">Null when the restored database is the original.</param>
/// <param name="Possible">False when nothing could be restored for want of a scratch database: the backup may be good or not.</param>
sealed record CheckResult(string? Problem, bool Possible = true);

/// <summary>Restores a backup into a scratch database and compares it with what was dumped.</summary>
sealed class BackupCheck(BackupConnections connections, BackupKey key, BackupOptions options)
{
    public async Task<CheckResult> RunAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = BackupFile.OpenRead(path);
        try
        {
            var (manifest, archive) = BackupFile.Open(file, key);
            await using (archive)
            {
                await RequireRoomAsync(manifest, cancellationToken);
                await using var scratch = await CreateAsync(manifest, cancellationToken);
                var restored = await RestoreAsync(scratch, archive, cancellationToken);
                var differences = manifest.Content.DifferencesTo(restored);
                return new(differences.Count == 0 ? null : $"What was restored from it is not what was dumped: {string.Join(", ", differences)}.");
            }
        }
        catch (BackupException damaged)
        {
            return new($"It could not be restored: {damaged.Message}");
        }
        catch (ScratchException impossible)
        {
            return new(impossible.Message, Possible: false);
        }
    }

    async Task RequireRoomAsync(BackupManifest manifest, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenScratchAsync(new NpgsqlConnectionStringBuilder(connections.Scratch).Database!, cancellationToken);
        if (await BackupRoom.FindLackAsync(connection, manifest.SizeBytes, options, cancellationToken) is { } lack)
            throw new ScratchException($"It was not checked, for want of room to restore it: {lack}. Make room there, or name another server in ConnectionStrings:kyozodb_check.");
    }

    async Task<ScratchDatabase> CreateAsync(BackupManifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            return await ScratchDatabase.CreateAsync(connections, manifest, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw new ScratchException(
                $"It could not be checked, for there is no scratch database to restore it into: {(e as PostgresException)?.MessageText ?? e.Message}. Let kyozo_maintenance make databases (ALTER ROLE kyozo_maintenance CREATEDB), or name another server in ConnectionStrings:kyozodb_check.", e);
        }
    }

    async Task<DatabaseContent> RestoreAsync(ScratchDatabase scratch, Stream archive, CancellationToken cancellationToken)
    {
        int major;
        await using (var connection = await connections.OpenScratchAsync(scratch.Name, cancellationToken)) major = connection.PostgreSqlVersion.Major;
        await NewDatabase.FillAsync(connections.Scratch, major, scratch.Name, archive, cancellationToken);
        return await NewDatabase.ReadAsync(connections.Scratch, scratch.Name, cancellationToken);
    }

    sealed class ScratchException(string message, Exception? inner = null) : Exception(message, inner);
}
