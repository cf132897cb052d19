using System.Data.Common;
using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Kyozo.Engine.Retention;

/// <summary>
/// The alarm of the prepared days: they run short, or a write fell outside of them. It goes to the audit trail of the default team once a day, and
/// stays in sight on the portal's overview, in <c>kyozo doctor</c> and in <c>kyozo db verify</c>. As an interceptor it sees every write that EF makes.
/// </summary>
public sealed class PartitionAlarm(NpgsqlDataSource database, TimeProvider clock, ILogger<PartitionAlarm> logger) : DbCommandInterceptor
{
    /// <summary>How long a refused write is kept.</summary>
    static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>Looks how far the days reach; raises the alarm when that is short.</summary>
    /// <returns>The tables that are short.</returns>
    public async Task<IReadOnlyList<PartitionReach>> CheckAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var found = (await PartitionDays.ReadAsync(connection, Today, cancellationToken)).Where(reach => reach.IsShort).ToList();
        foreach (var reach in found)
        {
            logger.LogError("{Reach}; at least {Least} should be. Make them with: kyozo db migrate", reach, PartitionReach.Least);
            await AuditOnceADayAsync(connection, "partitions_short", reach.Table, new { reach.Table, reach.DaysAhead }, cancellationToken);
        }

        await ExecuteAsync(connection, "DELETE FROM missing_partitions WHERE last_at < $1", cancellationToken, new NpgsqlParameter { Value = clock.GetUtcNow() - Kept });
        return found;
    }

    /// <summary>Raises the alarm when an exception says that a write fell outside of the prepared days; any other is not looked at.</summary>
    public async Task ReportAsync(Exception exception, CancellationToken cancellationToken)
    {
        if (PartitionDays.RefusedTable(exception) is not { } table) return;
        logger.LogError("A write to {Table} was refused: its day has no partition. Make it with: kyozo db migrate", table);
        try
        {
            // On a connection of its own: the writer's transaction is broken.
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await ExecuteAsync(
                connection,
                """
                INSERT INTO missing_partitions AS known (table_name, day, first_at, last_at, writes) VALUES ($1, $2, $3, $3, 1)
                ON CONFLICT (table_name, day) DO UPDATE SET last_at = excluded.last_at, writes = known.writes + 1
                """,
                cancellationToken, new() { Value = table }, new() { Value = Today }, new() { Value = clock.GetUtcNow() });
            await AuditOnceADayAsync(connection, "write_outside_partitions", table, new { Table = table }, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            // The writer's own error says what happened; this one must not take its place.
            logger.LogError("The alarm about {Table} could not be stored: {Reason}", table, e.Message);
        }
    }

    /// <inheritdoc/>
    public override Task CommandFailedAsync(DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default) =>
        ReportAsync(eventData.Exception, cancellationToken);

    DateOnly Today => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    async Task AuditOnceADayAsync(NpgsqlConnection connection, string action, string table, object data, CancellationToken cancellationToken) =>
        await ExecuteAsync(
            connection,
            """
            SELECT append_audit_event($1, $2, $3, $4)
            WHERE NOT EXISTS (SELECT FROM audit_events WHERE team_id = $2 AND action = $3 AND occurred_at > $5 AND data ->> 'table' = $6)
            """,
            cancellationToken,
            new() { Value = Guid.CreateVersion7(clock.GetUtcNow()) }, new() { Value = WellKnown.DefaultTeam }, new() { Value = action },
            new() { Value = JsonSerializer.Serialize(data, KyozoJson.Compact), NpgsqlDbType = NpgsqlDbType.Jsonb }, new() { Value = clock.GetUtcNow().AddDays(-1) }, new() { Value = table });

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
