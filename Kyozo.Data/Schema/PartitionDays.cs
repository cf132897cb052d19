using System.Globalization;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>How far the prepared days of one table reach.</summary>
/// <param name="Table">The partitioned table.</param>
/// <param name="DaysAhead">Days after today without a gap; 0: today's is the last, -1: not even today's is there.</param>
public sealed record PartitionReach(string Table, int DaysAhead)
{
    /// <summary>Fewer days than this are an alarm: the job that makes them has not come through for days.</summary>
    public const int Least = 7;

    /// <summary>True when somebody should look.</summary>
    public bool IsShort => DaysAhead < Least;

    /// <summary>For people.</summary>
    public override string ToString() => DaysAhead switch
    {
        < 0 => $"{Table} has no partition for today: every write is refused",
        0 => $"{Table} has partitions until tonight",
        1 => $"{Table} has a partition for 1 day ahead",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Table} has partitions for {DaysAhead} days ahead"),
    };
}

/// <summary>The prepared days, read from the catalog by whichever role; the same answer for portal, worker, doctor and verify.</summary>
public static class PartitionDays
{
    /// <summary>Reads how far each partitioned table reaches; tables that are not there yet are left out.</summary>
    /// <param name="connection">An open connection of any role.</param>
    /// <param name="today">The UTC day.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<PartitionReach>> ReadAsync(NpgsqlConnection connection, DateOnly today, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT parent.relname::text, array(
                SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = parent.oid AND NOT i.inhdetachpending)
            FROM pg_class parent WHERE parent.relnamespace = 'public'::regnamespace AND parent.relkind = 'p' AND parent.relname = ANY ($1) ORDER BY 1
            """,
            connection)
        {
            Parameters = { new() { Value = Partitions.Tables.Keys.ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var reach = new List<PartitionReach>();
        while (await reader.ReadAsync(cancellationToken))
            reach.Add(Reach(reader.GetString(0), reader.GetFieldValue<string[]>(1).ToHashSet(), today));
        return reach;
    }

    static PartitionReach Reach(string table, HashSet<string> present, DateOnly today)
    {
        var day = today;
        while (present.Contains(Partitions.NameOf(table, day))) day = day.AddDays(1);
        return new(table, day.DayNumber - today.DayNumber - 1);
    }

    /// <summary>The table whose missing day refused a write, or null when the exception is another.</summary>
    public static string? RefusedTable(Exception exception) => exception is PostgresException
    {
        SqlState: PostgresErrorCodes.CheckViolation,
        ConstraintName: null,
        TableName: { } table,
    }
        && Partitions.Tables.ContainsKey(table) ? table : null;
}
