using System.Text.Json;
using Kyozo.Data.Tenancy;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Finds what a restore with constraints disabled, or an index build that was broken off, leaves behind, and mends it: rules that are missing or not validated with the rows that break them, rows without their parent, missing and INVALID indexes.</summary>
/// <param name="connectionString">Connects as an administrator.</param>
/// <param name="clock">Gives ids to audit events.</param>
public sealed class SchemaRepair(string connectionString, TimeProvider clock)
{
    /// <summary>Looks; changes nothing.</summary>
    public async Task<IReadOnlyList<RepairFinding>> FindAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        return await RepairSearch.FindAsync(connection, cancellationToken);
    }

    /// <summary>Mends what was found and writes an audit event for each team whose rows were changed, and for the rest one for the team that every installation has.</summary>
    /// <returns>Rows changed.</returns>
    public async Task<long> MendAsync(IEnumerable<RepairFinding> findings, Action<string> log, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        var rows = 0L;
        foreach (var finding in findings.Where(finding => finding.Step is not null))
        {
            log(finding.Mends!);
            rows += await MendAsync(connection, finding, finding.Step!, cancellationToken);
        }

        return rows;
    }

    async Task<long> MendAsync(NpgsqlConnection connection, RepairFinding finding, RepairStep step, CancellationToken cancellationToken)
    {
        foreach (var statement in step.Concurrently) await connection.ExecuteHoweverLongAsync(statement, cancellationToken);

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        foreach (var statement in step.Before) await connection.ExecuteHoweverLongAsync(statement, cancellationToken);
        var rows = 0L;
        var told = false;
        if (step.RowsSql is not null)
        {
            foreach (var (team, count) in await TeamsAsync(connection, step.RowsSql, cancellationToken))
            {
                await AuditAsync(connection, team, finding, count, cancellationToken);
                rows += count;
                told = true;
            }
        }

        foreach (var statement in step.After) await connection.ExecuteHoweverLongAsync(statement, cancellationToken);
        if (!told) await AuditAsync(connection, WellKnown.DefaultTeam, finding, 0, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return rows;
    }

    async Task AuditAsync(NpgsqlConnection connection, Guid team, RepairFinding finding, long rows, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT append_audit_event($1, $2, 'database_repaired', $3::jsonb, $4)", connection)
        {
            Parameters =
            {
                new() { Value = Guid.CreateVersion7(clock.GetUtcNow()) }, new() { Value = team },
                new() { Value = JsonSerializer.Serialize(new { found = finding.What, mendedBy = finding.Mends, rows, operatingSystemUser = Environment.UserName }, KyozoJson.Compact) },
                new() { Value = WellKnown.Operator },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static async Task<List<(Guid Team, long Count)>> TeamsAsync(NpgsqlConnection connection, string changing, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"WITH changed (team) AS ({changing}) SELECT team, count(*) FROM changed GROUP BY team", connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var teams = new List<(Guid, long)>();
        while (await reader.ReadAsync(cancellationToken)) teams.Add((reader.GetGuid(0), reader.GetInt64(1)));
        return teams;
    }

    async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "kyozo db repair" }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await connection.ExecuteHoweverLongAsync($"SET statement_timeout = 0; SET ROLE {DatabaseRoles.Owner}", cancellationToken);
        return connection;
    }
}
