using Npgsql;

namespace Kyozo.Engine.Retention;

/// <summary>
/// Runs statements on partitions without making anybody wait: each asks for its lock only briefly, lets others pass, and asks again.
/// On one connection of the maintenance role.
/// </summary>
sealed class PartitionDdl(NpgsqlConnection connection, RetentionOptions options, TimeProvider clock)
{
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    public NpgsqlConnection Connection => connection;

    /// <summary>Runs statements in one transaction, again and again while a lock is not free.</summary>
    /// <exception cref="PostgresException">The lock was not free in any attempt (55P03), or something else.</exception>
    public Task InTransactionAsync(IReadOnlyList<string> statements, CancellationToken cancellationToken) =>
        RetryAsync(
            async () =>
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                await ExecuteAsync($"SET LOCAL lock_timeout = {options.LockTimeout.TotalMilliseconds:0}", cancellationToken);
                foreach (var statement in statements) await ExecuteAsync(statement, cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            },
            cancellationToken);

    /// <summary>Runs a statement that may not be in a transaction.</summary>
    /// <exception cref="PostgresException">The lock was not free in any attempt (55P03), or something else.</exception>
    public Task AloneAsync(string statement, CancellationToken cancellationToken) =>
        RetryAsync(() => BrieflyAsync(statement, cancellationToken), cancellationToken);

    /// <summary>Takes a day off its table without stopping its writers. A detach that was interrupted, also by the limit on this wait, is ended.</summary>
    /// <exception cref="PostgresException">Somebody used the table for the whole time of all attempts (55P03), or something else.</exception>
    public Task DetachAsync(DayPartition partition, CancellationToken cancellationToken) =>
        RetryAsync(
            async () =>
            {
                var pending = await QueryAsync(
                    $"SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = 'public.{partition.Name}'::regclass AND inhparent = 'public.{partition.Table}'::regclass",
                    r => r.GetBoolean(0), cancellationToken);
                if (pending.Count == 0) return;
                await BrieflyAsync($"ALTER TABLE {partition.Table} DETACH PARTITION {partition.Name} {(pending[0] ? "FINALIZE" : "CONCURRENTLY")}", cancellationToken);
            },
            cancellationToken);

    /// <summary>Runs a query.</summary>
    public async Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken)) rows.Add(read(reader));
        return rows;
    }

    // SET LOCAL is for transactions, and these statements may not be in one. What comes after them on this connection waits as long as it needs.
    async Task BrieflyAsync(string statement, CancellationToken cancellationToken)
    {
        await ExecuteAsync($"SET lock_timeout = {options.LockTimeout.TotalMilliseconds:0}", cancellationToken);
        try
        {
            await ExecuteAsync(statement, cancellationToken);
        }
        finally
        {
            if (connection.State is System.Data.ConnectionState.Open) await ExecuteAsync("RESET lock_timeout", CancellationToken.None);
        }
    }

    async Task RetryAsync(Func<Task> action, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await action();
                return;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected && attempt < options.Attempts)
            {
                var pause = options.LockTimeout * Math.Min(attempt, 20);
                await Task.Delay(pause < LongestPause ? pause : LongestPause, clock, cancellationToken);
            }
        }
    }

    /// <summary>Runs a statement once; returns how many rows it touched.</summary>
    public async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
