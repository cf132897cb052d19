using System.Data;
using System.Runtime.CompilerServices;
using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Engine.Events;

/// <summary>Three connections that see the database at one moment, to read rows, heads and anchors side by side while others write; and how long the anchor file was then.</summary>
sealed class TrailSnapshot : IAsyncDisposable
{
    static readonly TimeSpan Wait = TimeSpan.FromMinutes(5);

    readonly List<NpgsqlConnection> _connections = [];

    public NpgsqlConnection Rows => _connections[0];
    public NpgsqlConnection Heads => _connections[1];
    public NpgsqlConnection Anchors => _connections[2];
    public long FileLength { get; private set; }

    /// <exception cref="TimeoutException">A round of anchoring did not end within five minutes.</exception>
    public static async Task<TrailSnapshot> TakeAsync(
        Func<CancellationToken, ValueTask<NpgsqlConnection>> open, AnchorFile file, TimeProvider clock, CancellationToken cancellationToken)
    {
        var snapshot = new TrailSnapshot();
        try
        {
            for (var i = 0; i < 3; i++) snapshot._connections.Add(await OpenAsync(open, cancellationToken));

            // Between the table and the file an anchor is in one of them only.
            await using (await DatabaseLocks.TakeAsync(snapshot.Rows, AnchorWriter.Lock, Wait, clock, cancellationToken)
                ?? throw new TimeoutException("A round of anchoring has been under way for five minutes; try again when it has ended."))
            {
                await snapshot.Rows.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
                var name = await ScalarAsync(snapshot.Rows, "SELECT pg_export_snapshot()", cancellationToken);
                snapshot.FileLength = file.Length;
                foreach (var other in snapshot._connections.Skip(1))
                {
                    await other.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
                    await ScalarAsync(other, $"SET TRANSACTION SNAPSHOT '{name}'", cancellationToken);
                }
            }

            return snapshot;
        }
        catch
        {
            await snapshot.DisposeAsync();
            throw;
        }
    }

    /// <summary>The rows of a query as they come.</summary>
    public static async IAsyncEnumerable<T> ReadAsync<T>(
        NpgsqlConnection connection, string sql, Guid? team, Func<NpgsqlDataReader, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        if (team is { } id && sql.Contains("$1", StringComparison.Ordinal)) command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) yield return read(reader);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections) await connection.DisposeAsync();
    }

    // Nobody's function or operator stands before PostgreSQL's own.
    static async Task<NpgsqlConnection> OpenAsync(Func<CancellationToken, ValueTask<NpgsqlConnection>> open, CancellationToken cancellationToken)
    {
        var connection = await open(cancellationToken);
        await ScalarAsync(connection, "SET search_path = pg_catalog; SET max_parallel_workers_per_gather = 0", cancellationToken);
        return connection;
    }

    static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
