using Kyozo.Data.Schema;
using Kyozo.Engine.Host;
using Npgsql;

namespace Kyozo.Engine.Backups;

/// <summary>Makes a database for a backup, fills it from one, and drops it.</summary>
static class NewDatabase
{
    /// <summary>Makes an empty database like the one that the backup is of. Until somebody is let in, only its owner and administrators may connect.</summary>
    public static async Task CreateAsync(NpgsqlConnection connection, string name, BackupManifest like, string? owner, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(
            $"""
            CREATE DATABASE {Quote(name)} {(owner is null ? "" : $"OWNER {owner} ")}TEMPLATE template0
                ENCODING {Literal(like.Encoding)} LC_COLLATE {Literal(like.Collate)} LC_CTYPE {Literal(like.CharacterType)}
            """,
            cancellationToken);
        if (owner is not null) await connection.ExecuteAsync($"SET ROLE {owner}", cancellationToken);
        await connection.ExecuteAsync($"REVOKE ALL ON DATABASE {Quote(name)} FROM PUBLIC", cancellationToken);
        if (owner is not null) await connection.ExecuteAsync($"GRANT CONNECT ON DATABASE {Quote(name)} TO {DatabaseRoles.Maintenance}; SET ROLE NONE", cancellationToken);
    }

    /// <summary>Restores an archive whole or not at all. Everything becomes the property of the role that owns everything.</summary>
    /// <exception cref="BackupException">pg_restore failed, or the backup is damaged.</exception>
    public static Task FillAsync(string connectionString, int serverMajor, string name, Stream archive, CancellationToken cancellationToken) =>
        PostgresProgram.WriteAsync(
            PostgresClient.Start(
                "pg_restore", serverMajor, new(connectionString) { Database = name },
                [$"--dbname={name}", $"--role={DatabaseRoles.Owner}", "--no-owner", "--single-transaction", "--exit-on-error", "--no-password"]),
            archive, cancellationToken);

    /// <summary>What is in it now.</summary>
    public static async Task<DatabaseContent> ReadAsync(string connectionString, string name, CancellationToken cancellationToken)
    {
        await using var connection = await BackupConnections.OpenAsync(new(connectionString) { Database = name }, cancellationToken);
        await connection.ExecuteAsync($"SET ROLE {DatabaseRoles.Owner}", cancellationToken);
        return await DatabaseInventory.ReadAsync(connection, cancellationToken);
    }

    /// <summary>Drops it, whoever is connected to it.</summary>
    public static async Task DropAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        var drop = $"DROP DATABASE IF EXISTS {Quote(name)}";
        try
        {
            await connection.ExecuteAsync($"{drop} WITH (FORCE)", cancellationToken);
        }
        catch (PostgresException vacuumed) when (vacuumed.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // The server itself is at vacuum there. Only administrators may force that to end; without force it is sent away.
            await connection.ExecuteAsync(drop, cancellationToken);
        }
    }

    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
