using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Advisory locks by which long work on one database keeps out of each other's way. Held by the session that does the work, so that they end with it, whatever happens to its process.</summary>
public static class DatabaseLocks
{
    /// <summary>Retention and backups exclude each other: a dump must not meet a table between two places.</summary>
    public const string Retention = "kyozo:retention";

    /// <summary>One backup at a time.</summary>
    public const string Backup = "kyozo:backup";

    /// <summary>Roll-ups, and dropping what was rolled up: one at a time. Whoever holds <see cref="Retention"/> too takes that first.</summary>
    public const string Rollups = "kyozo:rollups";

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Takes a lock when nobody has it.</summary>
    /// <param name="connection">The session that holds it.</param>
    /// <param name="name">Which lock, <see cref="Retention"/>.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The lock, given back by disposing it; null when another session has it.</returns>
    public static async Task<DatabaseLock?> TryTakeAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken) =>
        await AskAsync(connection, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name, cancellationToken) ? new(connection, name) : null;

    /// <summary>Takes a lock, asking again while another session has it. It asks rather than waits: a session that waits in PostgreSQL keeps a snapshot, and every concurrent index build waits for that one in turn.</summary>
    /// <param name="connection">The session that holds it.</param>
    /// <param name="name">Which lock, <see cref="Retention"/>.</param>
    /// <param name="within">For how long it asks.</param>
    /// <param name="clock">Measures that.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The lock, given back by disposing it; null when another session had it for all that time.</returns>
    public static async Task<DatabaseLock?> TakeAsync(NpgsqlConnection connection, string name, TimeSpan within, TimeProvider clock, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        while (true)
        {
            if (await TryTakeAsync(connection, name, cancellationToken) is { } taken) return taken;
            if (clock.GetElapsedTime(start) >= within) return null;
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    internal static async Task<bool> AskAsync(NpgsqlConnection connection, string sql, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = name } } };
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}

/// <summary>A lock that is held (<see cref="DatabaseLocks"/>). Disposing gives it back: a pooled connection would keep it until it is used again (SAFETY M28).</summary>
public sealed class DatabaseLock(NpgsqlConnection connection, string name) : IAsyncDisposable
{
    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // A session that is gone has no locks.
        if (connection.State is not System.Data.ConnectionState.Open) return;
        await DatabaseLocks.AskAsync(connection, "SELECT pg_advisory_unlock(hashtextextended($1, 0))", name, CancellationToken.None);
    }
}
