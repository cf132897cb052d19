using Kyozo.Data.Schema;
using Kyozo.Engine.Host;
using Npgsql;

namespace Kyozo.Engine.Backups;

/// <summary>Writes one database into an encrypted file: first what it holds, then the archive of pg_dump, both of one snapshot. Plain text never touches a disk.</summary>
sealed class DatabaseDump(BackupConnections connections, BackupKey key, TimeProvider clock)
{
    /// <summary>Writes a new file.</summary>
    /// <exception cref="BackupException">pg_dump failed, or a table hides rows from the role.</exception>
    public async Task<BackupManifest> WriteAsync(string path, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenDumpAsync(cancellationToken);
        var behindPolicies = await RequireSightAsync(connection, cancellationToken);

        // The snapshot lives as long as this transaction, which has nothing to do while pg_dump works.
        await connection.ExecuteAsync("SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; SET row_security = on", cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var snapshot = await TextAsync(connection, "SELECT pg_export_snapshot()", cancellationToken);
        var manifest = await ReadManifestAsync(connection, cancellationToken);

        await using var file = BackupFile.Create(path);
        await using var backup = new SealingStream(file, key);
        BackupFile.WriteManifest(backup, manifest);
        await PostgresProgram.ReadAsync(Start(connection.PostgreSqlVersion.Major, snapshot, behindPolicies), backup, cancellationToken);
        backup.Complete();
        file.Flush(flushToDisk: true);
        return manifest;
    }

    System.Diagnostics.ProcessStartInfo Start(int serverMajor, string snapshot, bool behindPolicies)
    {
        List<string> arguments =
        [
            "--format=custom", $"--snapshot={snapshot}", "--no-password",
            // Extensions and the view on one of them are the server's: its preparation makes them, with rights that a restore need not have.
            "--extension=plpgsql", "--exclude-schema=monitoring", "--exclude-table=public.pg_stat_statements",
        ];
        if (connections.DumpRole is not null) arguments.Add($"--role={connections.DumpRole}");
        if (behindPolicies) arguments.Add("--enable-row-security");
        return PostgresClient.Start("pg_dump", serverMajor, new(connections.Dump), arguments);
    }

    async Task<BackupManifest> ReadManifestAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var settings = new NpgsqlCommand("SELECT datname, pg_encoding_to_char(encoding), datcollate, datctype, current_setting('server_version'), pg_database_size(oid) FROM pg_database WHERE datname = current_database()", connection);
        string name, encoding, collate, characterType, version;
        long size;
        await using (var row = await settings.ExecuteReaderAsync(cancellationToken))
        {
            await row.ReadAsync(cancellationToken);
            (name, encoding, collate, characterType, version, size) = (row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetInt64(5));
        }

        return new(name, clock.GetUtcNow(), version, encoding, collate, characterType, size, await DatabaseInventory.ReadAsync(connection, cancellationToken));
    }

    /// <summary>Whether policies decide what the role sees. Then each table must have one that shows it everything: a dump with rows missing would look whole.</summary>
    static async Task<bool> RequireSightAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await TextAsync(connection, "SELECT (rolbypassrls OR rolsuper)::text FROM pg_roles WHERE rolname = current_user", cancellationToken) == "true") return false;
        var hidden = await TextAsync(
            connection,
            $"""
            SELECT coalesce(string_agg(c.oid::regclass::text, ', ' ORDER BY c.relname), '') FROM pg_class c
            WHERE c.relrowsecurity AND NOT EXISTS (
                SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polroles = ARRAY['{DatabaseRoles.Backup}'::regrole::oid] AND pg_get_expr(p.polqual, c.oid) = 'true')
            """,
            cancellationToken);
        if (hidden.Length > 0) throw new BackupException($"{DatabaseRoles.Backup} cannot see all rows of {hidden}: let a superuser run ALTER ROLE {DatabaseRoles.Backup} BYPASSRLS.");
        return true;
    }

    static async Task<string> TextAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
