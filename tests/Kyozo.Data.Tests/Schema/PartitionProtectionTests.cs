using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

/// <summary>SAFETY T1, T2: a partition is a table of its own, so each carries its own protection.</summary>
public sealed class PartitionProtectionTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_partition_forces_row_level_security_lets_the_owner_by_and_nobody_else_in()
    {
        // One in the archive too.
        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-1);
        var moved = Partitions.NameOf("deployment_events", day);
        await fixture.Database.ExecuteAsync(
            $"ALTER TABLE deployment_events DETACH PARTITION {moved}; ALTER TABLE deployment_events_archive ATTACH PARTITION {moved} FOR VALUES FROM ('{day:yyyy-MM-dd}+00') TO ('{day.AddDays(1):yyyy-MM-dd}+00')", Token);

        var unprotected = await ReadAsync(
            """
            SELECT c.relname::text FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class parent ON parent.oid = i.inhparent
            WHERE c.relkind = 'r' AND parent.relkind = 'p' AND (
                NOT c.relrowsecurity OR NOT c.relforcerowsecurity OR c.relowner <> 'kyozo_owner'::regrole
                OR (SELECT array_agg(polname::text || ' ' || polroles::regrole[]::text ORDER BY polname) FROM pg_policy WHERE polrelid = c.oid) <> ARRAY['backup {kyozo_backup}', 'owner {kyozo_owner}']
                OR EXISTS (SELECT FROM aclexplode(c.relacl) WHERE grantee <> c.relowner))
            """);
        Assert.Empty(unprotected);
        Assert.True(await fixture.Database.ReadAsync<long>("SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'", Token) >= Partitions.Tables.Count * (Partitions.DaysAhead + 2));
    }

    [Fact]
    public async Task Every_partition_has_its_days_check_its_tables_indexes_and_the_extended_statistics()
    {
        var wanting = await ReadAsync(
            """
            SELECT c.relname::text FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class parent ON parent.oid = i.inhparent
            WHERE c.relkind = 'r' AND parent.relkind = 'p' AND pg_get_partkeydef(parent.oid) LIKE 'RANGE%' AND (
                NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c' AND conname = c.relname || '_day' AND convalidated)
                OR (SELECT array_agg(pg_get_constraintdef(oid) ORDER BY 1) FROM pg_constraint WHERE conrelid = parent.oid AND contype <> 'p')
                   <@ (SELECT array_agg(pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid = c.oid) IS NOT TRUE
                OR (SELECT count(*) FROM pg_index WHERE indrelid = parent.oid) <> (SELECT count(*) FROM pg_index x JOIN pg_inherits xi ON xi.inhrelid = x.indexrelid WHERE x.indrelid = c.oid AND x.indisvalid)
                OR NOT EXISTS (SELECT FROM pg_statistic_ext WHERE stxrelid = c.oid AND 'f' = ANY (stxkind)))
            """);
        Assert.Empty(wanting);
    }

    [Fact]
    public async Task No_role_that_signs_in_reaches_a_partition_around_its_table()
    {
        var partitions = await ReadAsync("SELECT c.oid::regclass::text FROM pg_class c WHERE c.relispartition AND c.relkind IN ('r', 'p')");
        foreach (var role in new[] { fixture.Database.Portal, fixture.Database.Worker, fixture.Database.Gateway })
        {
            await using var connection = new NpgsqlConnection(role);
            await connection.OpenAsync(Token);
            foreach (var sql in partitions.SelectMany(partition => new[] { $"SELECT count(*) FROM {partition}", $"INSERT INTO {partition} DEFAULT VALUES", $"DELETE FROM {partition}", $"UPDATE {partition} SET team_id = team_id" }))
            {
                await using var command = new NpgsqlCommand(sql, connection);
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Token))).SqlState);
            }
        }
    }

    async Task<List<string>> ReadAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(fixture.Database.Admin);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var names = new List<string>();
        while (await reader.ReadAsync(Token)) names.Add(reader.GetString(0));
        return names;
    }
}
