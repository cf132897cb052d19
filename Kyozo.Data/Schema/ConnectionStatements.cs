using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Statements of administration on a connection that is open: definitions, settings, lists of names. Rows of the product go through <see cref="KyozoContext"/>.</summary>
public static class ConnectionStatements
{
    /// <summary>Runs statements within the connection's time limit.</summary>
    /// <returns>Rows that were changed.</returns>
    /// <exception cref="NpgsqlException">PostgreSQL refused one, or is gone.</exception>
    public static async Task<int> ExecuteAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Runs statements for as long as they take: indexes that are built, tables that are rewritten.</summary>
    /// <exception cref="NpgsqlException">PostgreSQL refused one, or is gone.</exception>
    public static async Task ExecuteHoweverLongAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The first column of every row, as text.</summary>
    /// <exception cref="NpgsqlException">PostgreSQL refused it, or is gone.</exception>
    public static async Task<List<string>> ReadTextsAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var texts = new List<string>();
        while (await reader.ReadAsync(cancellationToken)) texts.Add(reader.GetString(0));
        return texts;
    }
}
