using Kyozo.Data.Schema;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Bench.Data;

/// <summary>Partitions of past days, made as the product makes those of days to come.</summary>
static class DayPartitions
{
    public static async Task EnsureAsync(TestDatabase database, string table, DateOnly first, int days, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync(cancellationToken);
        foreach (var day in Enumerable.Range(0, days).Select(first.AddDays))
        {
            var name = Partitions.NameOf(table, day);
            await using var command = new NpgsqlCommand(
                $"""
                DO $do$ BEGIN
                    IF to_regclass('{name}') IS NOT NULL THEN RETURN; END IF;
                    SET LOCAL ROLE {DatabaseRoles.Owner};
                    CREATE TABLE {name} (LIKE {table} INCLUDING ALL);
                    ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
                    ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
                    CREATE POLICY owner ON {name} TO {DatabaseRoles.Owner} USING (true) WITH CHECK (true);
                    ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{day:yyyy-MM-dd} 00:00+00') TO ('{day.AddDays(1):yyyy-MM-dd} 00:00+00');
                END $do$
                """, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
