using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Npgsql;
using NpgsqlTypes;

namespace Kyozo.Engine.Backups;

/// <summary>The table <c>backups</c> and the audit trail: what was made, how it ended, what went. On a connection of the owner.</summary>
sealed class BackupBooks(MaintenanceDataSource database, TimeProvider clock)
{
    const int LongestOutcome = 1000;

    /// <summary>Closes what no living run can close any more. Only under the lock of backups.</summary>
    public Task CloseLostAsync(CancellationToken cancellationToken) =>
        ExecuteAsync("UPDATE backups SET status = 'failed', finished_at = $1, outcome = 'Its program ended before it did.' WHERE status = 'running'", [Now()], cancellationToken);

    public async Task<Guid> BeginAsync(string node, Guid? requestedBy, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        await ExecuteAsync(
            "INSERT INTO backups (id, started_at, status, node, requested_by) VALUES ($1, $2, 'running', $3, $4)",
            [new() { Value = id }, Now(), new() { Value = node }, new() { Value = (object?)requestedBy ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }], cancellationToken);
        return id;
    }

    /// <summary>Writes how it ended, and the same into the audit trail of the team that every installation has.</summary>
    public async Task EndAsync(BackupDone done, BackupManifest? manifest, Guid? requestedBy)
    {
        var outcome = done.Problem is { Length: > LongestOutcome } longest ? longest[..LongestOutcome] : done.Problem;
        await using var connection = await database.OpenAsync(CancellationToken.None);
        await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
        await ExecuteAsync(
            connection,
            """
            UPDATE backups SET status = $2, finished_at = $3, checked_at = CASE WHEN $2 IN ('good', 'damaged') THEN $3 END,
                file = $4, size_bytes = $5, schema_version = $6, row_counts = $7, outcome = $8 WHERE id = $1
            """,
            [
                new() { Value = done.Id }, Text(EnumWord.Of(done.Status)), Now(), Text(done.File),
                new() { Value = (object?)done.SizeBytes ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint }, Text(manifest?.Content.SchemaVersion),
                Json(manifest?.Content.Rows), Text(outcome),
            ],
            CancellationToken.None);
        await ExecuteAsync(
            connection, "UPDATE backups SET removed_at = $1 WHERE file = ANY ($2) AND removed_at IS NULL AND id <> $3",
            [Now(), new() { Value = done.Removed.ToArray() }, new() { Value = done.Id }], CancellationToken.None);
        await ExecuteAsync(
            connection, "SELECT append_audit_event($1, $2, $3, $4, $5, 'backup', $6)",
            [
                new() { Value = Guid.CreateVersion7(clock.GetUtcNow()) }, new() { Value = WellKnown.DefaultTeam }, Text("backup_" + EnumWord.Of(done.Status)),
                Json(new { done.File, done.SizeBytes, rows = manifest?.Content.TotalRows, schema = manifest?.Content.SchemaVersion, problem = outcome, removed = done.Removed.Count }),
                new() { Value = (object?)requestedBy ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }, new() { Value = done.Id },
            ],
            CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
    }

    async Task ExecuteAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await ExecuteAsync(connection, sql, parameters, cancellationToken);
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    NpgsqlParameter Now() => new() { Value = clock.GetUtcNow() };

    static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    static NpgsqlParameter Json(object? value) =>
        new() { Value = value is null ? DBNull.Value : JsonSerializer.Serialize(value, KyozoJson.Compact), NpgsqlDbType = NpgsqlDbType.Jsonb };
}
