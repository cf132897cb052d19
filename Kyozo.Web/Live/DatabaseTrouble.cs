using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Web.Live;

/// <summary>What is said of a database that cannot be asked; null of any other failure.</summary>
public static class DatabaseTrouble
{
    public const string Away = "The database does not answer. What is shown may be old; it is tried again by itself.";
    public const string Busy = "Kyozo is busy: every connection to the database is taken. Nothing was changed; it is tried again by itself.";

    public static string? Of(Exception e) => e switch
    {
        // Npgsql has no code of its own for this, only these words.
        NpgsqlException { InnerException: TimeoutException } exhausted when exhausted.Message.Contains("pool has been exhausted", StringComparison.Ordinal) => Busy,
        NpgsqlException { SqlState: null } => Away,
        // The server is starting, stopping, or has no room for another connection.
        PostgresException { SqlState: "57P01" or "57P02" or "57P03" or "53300" } => Away,
        TimeoutException => Away,
        // A change that was being saved.
        DbUpdateException { InnerException: NpgsqlException inner } => Of(inner),
        // So the mapper wraps what a second try may mend.
        InvalidOperationException { InnerException: (NpgsqlException or DbUpdateException) and var inner } => Of(inner) ?? Away,
        _ => null,
    };
}
