using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Testing;

/// <summary>Partitions of past days, walled off as the product's own of the days to come are.</summary>
public static class DayPartitions
{
    /// <summary>Makes what is missing.</summary>
    public static async Task EnsureAsync(TestDatabase database, string table, DateOnly first, int days, CancellationToken cancellationToken)
    {
        foreach (var day in Enumerable.Range(0, days).Select(first.AddDays)) await FillAsync(database, table, day, _ => "", cancellationToken);
    }

    /// <summary>Makes a day's partition when it is missing, and runs SQL that puts rows into the table that it names: the partition, before its indexes are there, because they are made much faster afterwards.</summary>
    public static async Task FillAsync(TestDatabase database, string table, DateOnly day, Func<string, string> insert, CancellationToken cancellationToken)
    {
        var name = Partitions.NameOf(table, day);
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync(cancellationToken);
        await RunAsync("SET session_replication_role = replica; SET synchronous_commit = off");
        await using var look = new NpgsqlCommand($"SELECT to_regclass('{name}') IS NOT NULL", connection);
        if (await look.ExecuteScalarAsync(cancellationToken) is true)
        {
            await RunAsync(insert(table));
            return;
        }

        await RunAsync(
            $"""
            CREATE TABLE {name} (LIKE {table} INCLUDING ALL EXCLUDING INDEXES);
            ALTER TABLE {name} ADD CONSTRAINT {name}_day CHECK ({Partitions.Tables[table]} >= '{day:yyyy-MM-dd} 00:00+00' AND {Partitions.Tables[table]} < '{day.AddDays(1):yyyy-MM-dd} 00:00+00');
            ALTER TABLE {name} OWNER TO {DatabaseRoles.Owner};
            ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
            CREATE POLICY owner ON {name} TO {DatabaseRoles.Owner} USING (true) WITH CHECK (true);
            """);
        await RunAsync(insert(name));
        await RunAsync($"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{day:yyyy-MM-dd} 00:00+00') TO ('{day.AddDays(1):yyyy-MM-dd} 00:00+00')");

        async Task RunAsync(string sql)
        {
            if (sql.Length == 0) return;
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
