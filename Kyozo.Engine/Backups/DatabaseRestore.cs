using System.Security.Cryptography;
using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Npgsql;
using NpgsqlTypes;

namespace Kyozo.Engine.Backups;

/// <summary>What came of a restore.</summary>
/// <param name="Manifest">What the backup held.</param>
/// <param name="FormerDatabase">Name under which the replaced database is kept, or null when there was nothing in the target.</param>
public sealed record RestoreDone(BackupManifest Manifest, string? FormerDatabase);

/// <summary>
/// Brings a backup back as a database. The whole file is authenticated first; then it is restored beside the target, compared, migrated,
/// and only at the end takes the target's name. A restore that fails has changed nothing; a database that is replaced is kept under another name.
/// </summary>
/// <param name="administrator">An administrator's connection to the server.</param>
/// <param name="passwords">Password by role for roles that are made; those that are there keep theirs.</param>
/// <param name="options">How much must stay free on the server's disk.</param>
/// <param name="clock">Says what time it is.</param>
/// <param name="say">Told what is being done, one line a step.</param>
public sealed class DatabaseRestore(string administrator, IReadOnlyDictionary<string, string> passwords, BackupOptions options, TimeProvider clock, Action<string> say)
{
    const int LongestName = 40;

    /// <summary>True when there is something in the database that a restore would put away.</summary>
    public async Task<bool> HoldsSomethingAsync(string database, CancellationToken cancellationToken) =>
        await ExistsAsync(database, cancellationToken) && await CountTablesAsync(database, cancellationToken) > 0;

    /// <summary>Restores a backup.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">The key that it was written with.</param>
    /// <param name="into">Name of the database, which need not be there.</param>
    /// <param name="replace">A database of that name that is not empty may be put away.</param>
    /// <param name="cancellationToken">Ends it; the target is as it was.</param>
    /// <exception cref="BackupException">The file, the target or the server do not allow it.</exception>
    public async Task<RestoreDone> RunAsync(string path, BackupKey key, string into, bool replace, CancellationToken cancellationToken)
    {
        say($"reading all of {path}");
        var manifest = await BackupFile.VerifyAsync(path, key, cancellationToken);
        if (!SchemaVersion.Known.Contains(manifest.Content.SchemaVersion))
            throw new BackupException($"The backup has the schema {manifest.Content.SchemaVersion}, which this version of Kyozo does not know. Restore it with the version that made it, or a newer one.");

        await using var server = await OpenAsync("postgres", cancellationToken);
        await using var held = await DatabaseLocks.TryTakeAsync(server, $"kyozo:restore:{into}", cancellationToken)
            ?? throw new BackupException($"Another restore into {into} is under way.");
        await SweepAsync(server, into, cancellationToken);
        var holds = await HoldsSomethingAsync(into, cancellationToken);
        if (holds && !replace) throw new BackupException($"The database {into} is not empty. Name another with --into, or say --replace: what is there now is then kept under another name.");

        if (await BackupRoom.FindLackAsync(server, manifest.SizeBytes, options, cancellationToken) is { } lack)
            throw new BackupException($"The restore was not begun: {lack}. The target was not touched. Make room there, or drop a database that was kept from an earlier restore.");

        var aside = $"{PrefixOf(into)}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        try
        {
            await FillAsync(server, aside, path, manifest, key, cancellationToken);
            return new(manifest, await SwapAsync(server, aside, into, holds, cancellationToken));
        }
        catch
        {
            await NewDatabase.DropAsync(server, aside, CancellationToken.None);
            throw;
        }
    }

    static string PrefixOf(string into) => $"{into[..Math.Min(into.Length, LongestName)]}_restoring_";

    // What a restore did not live to drop. Only under its lock; names that begin alike share a prefix, so one that somebody works in is not touched.
    async Task SweepAsync(NpgsqlConnection server, string into, CancellationToken cancellationToken)
    {
        var left = new List<string>();
        await using (var find = new NpgsqlCommand("SELECT datname::text FROM pg_database d WHERE starts_with(datname, $1) AND substr(datname, length($1) + 1) ~ '^[0-9a-f]{8}$' AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)", server) { Parameters = { new() { Value = PrefixOf(into) } } })
        await using (var reader = await find.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken)) left.Add(reader.GetString(0));
        }

        foreach (var name in left)
        {
            await NewDatabase.DropAsync(server, name, cancellationToken);
            say($"dropped {name}, which an interrupted restore had left");
        }
    }

    async Task FillAsync(NpgsqlConnection server, string aside, string path, BackupManifest manifest, BackupKey key, CancellationToken cancellationToken)
    {
        say($"restoring {manifest.Content.TotalRows} rows of {manifest.TakenAt:yyyy-MM-dd HH:mm} UTC into {aside}");
        await NewDatabase.CreateAsync(server, aside, manifest, owner: null, cancellationToken);
        await using (var inside = await OpenAsync(aside, cancellationToken)) await ServerPreparation.ApplyAsync(inside, passwords, say, cancellationToken);

        await using (var file = BackupFile.OpenRead(path))
        {
            var (_, archive) = BackupFile.Open(file, key);
            await using (archive) await NewDatabase.FillAsync(administrator, server.PostgreSqlVersion.Major, aside, archive, cancellationToken);
        }

        var differences = manifest.Content.DifferencesTo(await NewDatabase.ReadAsync(administrator, aside, cancellationToken));
        if (differences.Count > 0) throw new BackupException($"What was restored is not what was dumped: {string.Join(", ", differences)}. The target was not touched.");

        await new Migrator(new NpgsqlConnectionStringBuilder(administrator) { Database = aside, Pooling = false }.ConnectionString, passwords, clock, say).MigrateAsync(to: null, cancellationToken);
        await RecordAsync(aside, path, manifest, cancellationToken);
    }

    // The row of the backup itself was still open when it was dumped.
    async Task RecordAsync(string database, string path, BackupManifest manifest, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(database, cancellationToken);
        await connection.ExecuteAsync($"SET ROLE {DatabaseRoles.Owner}", cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE backups SET status = 'good', finished_at = $1, checked_at = $1, file = $2, outcome = 'This database was restored from it.' WHERE status = 'running'";
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        command.Parameters.Add(new() { Value = path });
        await command.ExecuteNonQueryAsync(cancellationToken);

        command.CommandText = "SELECT append_audit_event($1, $2, 'database_restored', $3, $4)";
        command.Parameters.Clear();
        command.Parameters.Add(new() { Value = Guid.CreateVersion7(clock.GetUtcNow()) });
        command.Parameters.Add(new() { Value = WellKnown.DefaultTeam });
        command.Parameters.Add(new()
        {
            Value = JsonSerializer.Serialize(new { file = path, manifest.TakenAt, rows = manifest.Content.TotalRows, schema = manifest.Content.SchemaVersion, by = Environment.UserName }, KyozoJson.Compact),
            NpgsqlDbType = NpgsqlDbType.Jsonb,
        });
        command.Parameters.Add(new() { Value = WellKnown.Operator });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    async Task<string?> SwapAsync(NpgsqlConnection server, string aside, string into, bool holds, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(into, cancellationToken))
        {
            await RenameAsync(aside, into);
            return null;
        }

        // From here on nobody gets in until the new one has the name.
        say(holds ? $"putting the former {into} away" : $"taking the place of the empty {into}");
        await server.ExecuteAsync($"ALTER DATABASE {NewDatabase.Quote(into)} ALLOW_CONNECTIONS false", cancellationToken);
        var former = $"{into[..Math.Min(into.Length, LongestName)]}_before_{clock.GetUtcNow():yyyyMMddHHmmss}";
        try
        {
            await using (var end = new NpgsqlCommand("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1", server) { Parameters = { new() { Value = into } } })
                await end.ExecuteNonQueryAsync(cancellationToken);
            await RenameAsync(into, former);
        }
        catch
        {
            await server.ExecuteAsync($"ALTER DATABASE {NewDatabase.Quote(into)} ALLOW_CONNECTIONS true", CancellationToken.None);
            throw;
        }

        try
        {
            await RenameAsync(aside, into);
        }
        catch
        {
            await RenameAsync(former, into);
            await server.ExecuteAsync($"ALTER DATABASE {NewDatabase.Quote(into)} ALLOW_CONNECTIONS true", CancellationToken.None);
            throw;
        }

        if (holds) return former;
        await NewDatabase.DropAsync(server, former, cancellationToken);
        return null;

        Task RenameAsync(string from, string to) =>
            server.ExecuteAsync($"ALTER DATABASE {NewDatabase.Quote(from)} RENAME TO {NewDatabase.Quote(to)}", CancellationToken.None);
    }

    async Task<bool> ExistsAsync(string database, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync("postgres", cancellationToken);
        await using var find = new NpgsqlCommand("SELECT true FROM pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = database } } };
        return await find.ExecuteScalarAsync(cancellationToken) is true;
    }

    async Task<long> CountTablesAsync(string database, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(database, cancellationToken);
        await using var count = new NpgsqlCommand(
            """
            SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
            """, connection);
        return (long)(await count.ExecuteScalarAsync(cancellationToken))!;
    }

    Task<NpgsqlConnection> OpenAsync(string database, CancellationToken cancellationToken) =>
        BackupConnections.OpenAsync(new(administrator) { Database = database }, cancellationToken);
}
