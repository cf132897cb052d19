using Kyozo.Data;
using Npgsql;

namespace Kyozo.Worker.Scheduling;

/// <summary>The table <c>job_runs</c>: what ran when, where, and how it ended.</summary>
sealed class JobRuns([FromKeyedServices(KyozoDataSetup.ControlPool)] NpgsqlDataSource database, TimeProvider clock)
{
    const int KeptRuns = 50;
    const int KeptFailures = 20;
    const int LongestOutcome = 500;

    const string Unknown = "How it ended is not known: its worker ended, or lost the database.";

    /// <summary>Writes that a run has begun; returns its id. Whoever begins holds the job's lock, so a run before it that has no end will write none, or has not yet: then it still may.</summary>
    public async Task<Guid> BeginAsync(string job, string node, Guid? requestedBy, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await using var command = database.CreateCommand(
            """
            WITH lost AS (UPDATE job_runs SET finished_at = $3, succeeded = false, outcome = $6 WHERE job_name = $2 AND finished_at IS NULL)
            INSERT INTO job_runs (id, job_name, started_at, node, requested_by) VALUES ($1, $2, $3, $4, $5)
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = job });
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = node });
        command.Parameters.Add(new() { Value = (object?)requestedBy ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = Unknown });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }

    /// <summary>Writes how it ended.</summary>
    public async Task EndAsync(Guid id, bool succeeded, string? outcome, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE job_runs SET finished_at = $2, succeeded = $3, outcome = $4 WHERE id = $1");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        command.Parameters.Add(new() { Value = succeeded });
        command.Parameters.Add(new() { Value = (object?)OneLine(outcome) ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The node of the last run that ended well, or null.</summary>
    public async Task<string?> LastNodeAsync(string job, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT node FROM job_runs WHERE job_name = $1 AND succeeded ORDER BY started_at DESC LIMIT 1");
        command.Parameters.Add(new() { Value = job });
        return (string?)await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Keeps the newest runs and the newest failures of each job; ends in the books what its worker did not live to end. Returns how many rows went.</summary>
    public async Task<int> CleanUpAsync(CancellationToken cancellationToken)
    {
        await using var lost = database.CreateCommand(
            "UPDATE job_runs SET finished_at = $1, succeeded = false, outcome = 'Its worker ended.' WHERE finished_at IS NULL AND started_at < $2");
        lost.Parameters.Add(new() { Value = clock.GetUtcNow() });
        lost.Parameters.Add(new() { Value = clock.GetUtcNow() - TimeSpan.FromHours(6) });
        await lost.ExecuteNonQueryAsync(cancellationToken);

        await using var delete = database.CreateCommand(
            """
            DELETE FROM job_runs r USING (
                SELECT id, succeeded,
                       row_number() OVER (PARTITION BY job_name ORDER BY started_at DESC) AS place,
                       row_number() OVER (PARTITION BY job_name, succeeded ORDER BY started_at DESC) AS place_of_kind
                FROM job_runs) ranked
            WHERE r.id = ranked.id AND ranked.place > $1 AND (ranked.succeeded IS NOT FALSE OR ranked.place_of_kind > $2)
            """);
        delete.Parameters.Add(new() { Value = KeptRuns });
        delete.Parameters.Add(new() { Value = KeptFailures });
        return await delete.ExecuteNonQueryAsync(cancellationToken);
    }

    static string? OneLine(string? text)
    {
        if (text is null) return null;
        var line = new string([.. text.Take(LongestOutcome).Select(c => char.IsControl(c) ? ' ' : c)]);
        return line.Trim();
    }
}
