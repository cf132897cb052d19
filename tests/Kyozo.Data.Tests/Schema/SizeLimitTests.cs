using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

/// <summary>Nothing that comes from outside can grow without bounds in a row: read from the catalog, so that a new column is held to it too.</summary>
public sealed class SizeLimitTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    // One row per column that could grow, with its type and all CHECKs of its table that speak of it. Hashes that only the owner's functions write are left out.
    const string Growing =
        """
        SELECT n.nspname || '.' || c.relname || '.' || a.attname, a.attname, format_type(a.atttypid, a.atttypmod), a.atttypmod,
            coalesce((SELECT string_agg(pg_get_constraintdef(k.oid), ' AND ') FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)), '')
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
        WHERE n.nspname IN ('public', 'identity') AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> '__ef_migrations_history'
          AND a.attnum > 0 AND NOT a.attisdropped AND t.typlen = -1 AND a.atttypid <> 'numeric'::regtype
          AND (a.atttypid <> 'bytea'::regtype OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname IN ('kyozo_portal', 'kyozo_worker', 'kyozo_gateway')
              AND (has_column_privilege(r.oid, c.oid, a.attnum, 'INSERT') OR has_column_privilege(r.oid, c.oid, a.attnum, 'UPDATE'))))
        """;

    [Fact]
    public async Task Every_text_has_a_length_limit_and_every_jsonb_array_and_bytea_a_size_limit()
    {
        var columns = await ReadAsync();
        Assert.True(columns.Count > 60, "the catalog gave no columns");
        Assert.Empty(columns.Where(column => !column.IsLimited).Select(column => $"{column.Name} {column.Type}"));
    }

    [Theory]
    [InlineData("text", "", false)]
    [InlineData("text", "CHECK ((name ~ '^[a-z]+$'::text))", false)]
    [InlineData("text", "CHECK ((name = ANY (ARRAY['a'::text, 'b'::text])))", true)]
    [InlineData("text", "CHECK ((length(name) <= 500))", true)]
    [InlineData("jsonb", "CHECK ((name IS NOT NULL))", false)]
    [InlineData("jsonb", "CHECK ((pg_column_size(name) <= 4096))", true)]
    [InlineData("text[]", "CHECK ((cardinality(name) <= 100))", false)]
    public void The_rule_tells_a_limit_from_another_check(string type, string checks, bool limited) =>
        Assert.Equal(limited, new Column("t.name", "name", type, -1, checks).IsLimited);

    [Fact]
    public async Task A_value_over_the_limit_is_refused_by_the_database_also_when_it_would_compress_well()
    {
        var service = await A.ServiceAsync(fixture.Database, await A.WorkspaceAsync(fixture.Database, await A.TeamAsync(fixture.Database, Token), Token), Token);
        async Task<string?> RefusedAsync(string sql) => (await fixture.RefusedAsync(fixture.Database.Worker, null, sql)).ConstraintName;

        Assert.Equal("deployment_config_size", await RefusedAsync($"UPDATE service_instances SET deployment_config = jsonb_build_object('a', repeat('x', 300000)) WHERE id = '{service.Id}'"));
        Assert.Equal("scaling_config_size", await RefusedAsync($"UPDATE service_instances SET scaling_config = (SELECT jsonb_object_agg('key' || n, n) FROM generate_series(1, 100000) n) WHERE id = '{service.Id}'"));
        Assert.Equal("detected_technologies_size", await RefusedAsync(
            $"INSERT INTO files (id, team_id, workspace_id, path, size_bytes, modified_at, detected_technologies) VALUES ('{A.Id()}', '{service.TeamId}', '{service.WorkspaceId}', '/a', 1, now(), ARRAY[repeat('x', 100000)])"));
        Assert.Equal(PostgresErrorCodes.StringDataRightTruncation, (await fixture.RefusedAsync(fixture.Database.Worker, null,
            $"UPDATE service_instances SET status_reason = repeat('x', 501) WHERE id = '{service.Id}'")).SqlState);
    }

    async Task<List<Column>> ReadAsync()
    {
        await using var connection = new NpgsqlConnection(fixture.Database.Admin);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(Growing, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var columns = new List<Column>();
        while (await reader.ReadAsync(Token))
            columns.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.GetString(4)));
        return columns;
    }

    sealed record Column(string Name, string Short, string Type, int Modifier, string Checks)
    {
        public bool IsLimited => Type switch
        {
            "jsonb" or "json" => Measured("pg_column_size"),
            "bytea" => Measured("octet_length") || Measured("pg_column_size"),
            _ when Type.EndsWith("[]", StringComparison.Ordinal) => Measured("pg_column_size"),
            // A list of words is a limit too.
            _ => Modifier > 0 || Measured("length") || Measured("octet_length") || Checks.Contains($"({Short} = ANY (ARRAY[", StringComparison.Ordinal),
        };

        bool Measured(string function) => Checks.Contains($"{function}({Short})", StringComparison.Ordinal);
    }
}
