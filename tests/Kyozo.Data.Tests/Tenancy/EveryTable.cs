using Kyozo.Data.Permissions;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Tenancy;

/// <summary>
/// A database with one row of a blue and one of a red team in every table that has a <c>team_id</c>, made from the catalog alone: a table that
/// is added later is in it without anybody thinking of it. CHECKs are taken away and foreign keys not asked, so that made-up values do; the walls
/// between teams are what is left.
/// </summary>
public sealed class EveryTable(PostgresFixture postgres) : IAsyncLifetime
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    public TestDatabase Database { get; private set; } = null!;
    public Actor Blue { get; } = new(A.Id(), A.Id());
    public Actor Red { get; } = new(A.Id(), A.Id());

    /// <summary>All tables of teams, partitions left out.</summary>
    public IReadOnlyList<TeamTable> Tables { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        Database = await postgres.CreateDatabaseAsync(Token);
        Tables = await ReadTablesAsync();
        await using var connection = await OpenAsync(Database.Admin, null);
        await ExecuteAsync(connection,
            """
            SET session_replication_role = replica;
            CREATE TABLE deployment_events_archive_of_test PARTITION OF deployment_events_archive FOR VALUES FROM ('2000-01-01') TO ('2100-01-01');
            CREATE TABLE health_rollups_of_test PARTITION OF health_rollups DEFAULT;
            CREATE TABLE metric_rollups_of_test PARTITION OF metric_rollups DEFAULT;
            DO $$
            DECLARE k record;
            BEGIN
                FOR k IN SELECT conrelid::regclass AS "table", conname FROM pg_constraint
                    WHERE contype = 'c' AND conislocal AND connamespace = 'public'::regnamespace AND NOT (SELECT relispartition FROM pg_class WHERE oid = conrelid) LOOP
                    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k."table", k.conname);
                END LOOP;
            END $$;
            """);
        foreach (var actor in (Actor[])[Blue, Red])
        {
            await ExecuteAsync(connection, $"INSERT INTO teams (id, name, slug) VALUES ('{actor.TeamId}', 'x', 'x-{actor.TeamId}')");
            foreach (var table in Tables.Where(table => table.Name != "teams")) await ExecuteAsync(connection, table.Insert(actor.TeamId, table.Columns));
        }
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    /// <summary>A connection of a role with an actor.</summary>
    public static async Task<NpgsqlConnection> OpenAsync(string connectionString, Actor? actor)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Token);
        await ExecuteAsync(connection, $"SELECT set_config('app.user_id', '{actor?.UserId}', false), set_config('app.team_id', '{actor?.TeamId}', false)");
        return connection;
    }

    public static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteNonQueryAsync(Token);
    }

    public static async Task<List<string>> ColumnAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var values = new List<string>();
        while (await reader.ReadAsync(Token)) values.Add(reader.GetValue(0).ToString()!);
        return values;
    }

    /// <summary>Place and writing transaction of the red team's rows: any change of them is a change of these.</summary>
    public async Task<List<string>> RedRowsAsync(TeamTable table)
    {
        await using var connection = await OpenAsync(Database.Admin, null);
        return await ColumnAsync(connection, $"SELECT tableoid || ' ' || ctid || ' ' || xmin FROM {table.Name} WHERE {table.Team} = '{Red.TeamId}' ORDER BY 1");
    }

    async Task<IReadOnlyList<TeamTable>> ReadTablesAsync()
    {
        await using var connection = await OpenAsync(Database.Admin, null);
        await using var command = new NpgsqlCommand(
            """
            SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL),
                has_column_privilege('kyozo_portal', c.oid, a.attnum, 'SELECT'), has_column_privilege('kyozo_portal', c.oid, a.attnum, 'INSERT'),
                has_column_privilege('kyozo_portal', c.oid, a.attnum, 'UPDATE'), has_table_privilege('kyozo_portal', c.oid, 'DELETE')
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
              AND (c.relname = 'teams' OR EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attname = 'team_id' AND NOT t.attisdropped))
            ORDER BY c.relname, a.attnum
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var rows = new List<(string Table, TeamColumn Column, bool MayDelete)>();
        while (await reader.ReadAsync(Token))
            rows.Add((reader.GetString(0), new(reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.GetBoolean(4), reader.GetBoolean(5)), reader.GetBoolean(6)));
        return [.. rows.GroupBy(row => row.Table).Select(table => new TeamTable(table.Key, [.. table.Select(row => row.Column)], table.First().MayDelete))];
    }
}

/// <summary>A table of teams and what the portal may do with it.</summary>
public sealed record TeamTable(string Name, IReadOnlyList<TeamColumn> Columns, bool MayDelete)
{
    static int number = 30000;

    /// <summary>The column that says whose a row is.</summary>
    public string Team => Name == "teams" ? "id" : "team_id";

    public IEnumerable<TeamColumn> Readable => Columns.Where(column => column.MaySelect);
    public IEnumerable<TeamColumn> Insertable => Columns.Where(column => column.MayInsert);
    public IEnumerable<TeamColumn> Updatable => Columns.Where(column => column.MayUpdate);

    public string Insert(Guid team, IEnumerable<TeamColumn> columns)
    {
        var given = columns.ToList();
        return $"INSERT INTO {Name} ({string.Join(", ", given.Select(column => column.Quoted))}) VALUES ({string.Join(", ", given.Select(column => column.Name == Team ? $"'{team}'" : Value(column)))})";
    }

    public override string ToString() => Name;

    static string Value(TeamColumn column)
    {
        var next = Interlocked.Increment(ref number);
        return column.Type switch
        {
            "uuid" => $"'{A.Id()}'",
            "text" or "character varying" or "character" => $"'x{next}'",
            "smallint" => "1",
            "integer" or "bigint" or "numeric" or "real" or "double precision" => $"{next}",
            "boolean" => "false",
            "timestamp with time zone" => "now()",
            "date" => "current_date",
            "jsonb" => "'{}'",
            "bytea" => @"'\x00'",
            "inet" => "'127.0.0.1'",
            "interval" => "'1 day'",
            _ when column.Type.EndsWith("[]", StringComparison.Ordinal) => "'{}'",
            _ => throw new InvalidOperationException($"No value for a column of type {column.Type}: give {column.Name} one here."),
        };
    }
}

/// <summary>A column and the portal's rights on it.</summary>
public sealed record TeamColumn(string Name, string Type, bool MaySelect, bool MayInsert, bool MayUpdate)
{
    public string Quoted => $"\"{Name}\"";
}
