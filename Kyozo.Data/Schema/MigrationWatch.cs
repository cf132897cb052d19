using System.Globalization;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Looks from a second connection at a migration that takes its time: for which lock it waits and who holds it, how far an index is built, what it costs the machine. Says a line when that changes, and every ten seconds.</summary>
sealed class MigrationWatch : IAsyncDisposable
{
    static readonly TimeSpan Reminder = TimeSpan.FromSeconds(10);

    readonly CancellationTokenSource _end = new();
    readonly Task _watching;

    /// <param name="connectionString">Connects as the migration does.</param>
    /// <param name="backend">Process id of the server process that runs the migration.</param>
    /// <param name="interval">How often to look; a migration that ends before is not looked at.</param>
    /// <param name="clock">Measures the interval.</param>
    /// <param name="log">Gets the lines.</param>
    public MigrationWatch(string connectionString, int backend, TimeSpan interval, TimeProvider clock, Action<string> log) =>
        _watching = WatchAsync(connectionString, backend, interval, clock, log, _end.Token);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    static async Task WatchAsync(string connectionString, int backend, TimeSpan interval, TimeProvider clock, Action<string> log, CancellationToken cancellationToken)
    {
        await Task.Delay(interval, clock, cancellationToken);
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            var local = await LocalServer.FindAsync(connection, cancellationToken);
            var (said, saidAt) = ("", clock.GetTimestamp());
            var use = local?.ReadUse(backend);
            while (true)
            {
                if (await ReadAsync(connection, backend, cancellationToken) is { } activity
                    && (activity.Subject != said || clock.GetElapsedTime(saidAt) >= Reminder))
                {
                    var now = local?.ReadUse(backend);
                    log(activity.Line + (now is null ? "" : now.Since(use, clock.GetElapsedTime(saidAt))));
                    (said, saidAt, use) = (activity.Subject, clock.GetTimestamp(), now);
                }

                await Task.Delay(interval, clock, cancellationToken);
            }
        }
        catch (NpgsqlException e)
        {
            // A migration does not fail because nobody could look at it.
            log($"cannot be watched: {e.Message}");
        }
    }

    // Subject tells whether there is something new to say; numbers that only grow are not in it.
    sealed record Activity(string Subject, string Line);

    static async Task<Activity?> ReadAsync(NpgsqlConnection connection, int backend, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = backend } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;

        var (statement, seconds) = (OneLine(reader.GetString(0)), reader.GetDouble(1));
        var (subject, line) = (statement, string.Create(CultureInfo.InvariantCulture, $"running for {seconds:0.0} s: {statement}"));
        if (!await reader.IsDBNullAsync(5, cancellationToken))
        {
            var share = await reader.IsDBNullAsync(7, cancellationToken) ? "" : string.Create(CultureInfo.InvariantCulture, $", {reader.GetDouble(7):0} %");
            subject = $"index {reader.GetString(5)}: {reader.GetString(6)}";
            line = subject + share;
        }

        if (await reader.IsDBNullAsync(2, cancellationToken)) return new(subject, line);
        var holder = reader.GetInt32(2);
        return new(
            $"{subject} {holder}",
            $"{line}; waits for a lock of process {holder} ({reader.GetString(3)}): {OneLine(reader.GetString(4))}. To end it: kyozo db psql --admin -- -c \"SELECT pg_terminate_backend({holder})\"");
    }

    static string OneLine(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 120 ? line : line[..119] + "…";
    }

    const string Sql =
        """
        SELECT a.query,
            extract(epoch FROM clock_timestamp() - a.query_start)::float8,
            b.pid,
            concat_ws(', ', b.usename, nullif(b.application_name, ''), b.state || ' for ' || round(extract(epoch FROM clock_timestamp() - b.xact_start)) || ' s'),
            b.query,
            CASE WHEN p.pid IS NOT NULL THEN coalesce(nullif(p.index_relid, 0)::regclass::text, 'being made') || ' on ' || p.relid::regclass END,
            p.phase,
            100.0 * coalesce(nullif(p.blocks_done, 0)::float8 / nullif(p.blocks_total, 0), nullif(p.tuples_done, 0)::float8 / nullif(p.tuples_total, 0))
        FROM pg_stat_activity a
        LEFT JOIN LATERAL (SELECT * FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids(a.pid)) ORDER BY xact_start LIMIT 1) b ON true
        LEFT JOIN pg_stat_progress_create_index p ON p.pid = a.pid
        WHERE a.pid = $1 AND a.state = 'active'
        """;
}
