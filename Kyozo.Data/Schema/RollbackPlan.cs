using System.Text.RegularExpressions;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>What of one table or column is lost when migrations are taken back.</summary>
/// <param name="What">The table, or <c>table.column</c>.</param>
/// <param name="Rows">Rows of the table, or rows whose column holds something else than its default.</param>
/// <param name="Exact">False when they were too many to be counted and PostgreSQL's estimate is given.</param>
public sealed record RollbackLoss(string What, long Rows, bool Exact);

/// <summary>Which migrations are taken back, and what is lost with them.</summary>
/// <param name="Migrations">The last one first.</param>
/// <param name="Losses">Tables and columns that go and hold something.</param>
public sealed partial record RollbackPlan(IReadOnlyList<MigrationState> Migrations, IReadOnlyList<RollbackLoss> Losses)
{
    const long Countable = 1_000_000;

    /// <summary>Reads the plan from what the migrations would run and from what the tables hold.</summary>
    internal static async Task<RollbackPlan> ReadAsync(NpgsqlConnection owner, KyozoContext db, IReadOnlyList<MigrationState> back, CancellationToken cancellationToken)
    {
        var tables = new List<string>();
        var columns = new List<(string Table, string Column)>();
        foreach (var statement in back.SelectMany(migration => SqlStatements.Split(MigrationCatalog.DownSql(db, migration.Id))))
        {
            if (DropSchema().Match(statement) is { Success: true } schema) tables.AddRange(await TablesOfAsync(owner, schema.Groups["schema"].Value, cancellationToken));
            if (DropTable().Match(statement) is { Success: true } table) tables.AddRange(table.Groups["table"].Captures.Select(name => name.Value));
            if (EmptyTable().Match(statement) is { Success: true } emptied && emptied.Groups["table"].Value != KyozoNpgsql.HistoryTable) tables.Add(emptied.Groups["table"].Value);
            if (DropColumn().Match(statement) is { Success: true } column) columns.Add((column.Groups["table"].Value, column.Groups["column"].Value));
        }

        var losses = new List<RollbackLoss>();
        foreach (var table in tables.Distinct()) losses.Add(await CountAsync(owner, table, cancellationToken));
        foreach (var (table, column) in columns.Where(column => !tables.Contains(column.Table))) losses.Add(await CountAsync(owner, table, column, cancellationToken));
        return new(back, [.. losses.Where(loss => loss.Rows > 0)]);
    }

    static async Task<RollbackLoss> CountAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        var estimate = await ReadAsync(connection,
            "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_partition_tree($1::text::regclass) t JOIN pg_class c ON c.oid = t.relid WHERE t.isleaf", table, cancellationToken);
        return estimate > Countable
            ? new(table, estimate, Exact: false)
            : new(table, await ReadAsync(connection, $"SELECT count(*) FROM {table}", null, cancellationToken), Exact: true);
    }

    static async Task<RollbackLoss> CountAsync(NpgsqlConnection connection, string table, string column, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand(
            "SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = $1::text::regclass AND a.attname = $2", connection)
        {
            Parameters = { new() { Value = table }, new() { Value = column } },
        };
        var usual = await find.ExecuteScalarAsync(cancellationToken) as string ?? "NULL";
        return new($"{table}.{column}", await ReadAsync(connection, $"SELECT count(*) FROM {table} WHERE {column} IS DISTINCT FROM ({usual})", null, cancellationToken), Exact: true);
    }

    static async Task<IReadOnlyList<string>> TablesOfAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname = $1 ORDER BY 1", connection) { Parameters = { new() { Value = schema } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var tables = new List<string>();
        while (await reader.ReadAsync(cancellationToken)) tables.Add(reader.GetString(0));
        return tables;
    }

    static async Task<long> ReadAsync(NpgsqlConnection connection, string sql, string? parameter, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        if (parameter is not null) command.Parameters.Add(new() { Value = parameter });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    [GeneratedRegex(@"^DROP\s+SCHEMA\s+(IF\s+EXISTS\s+)?(?<schema>[\w""]+)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex DropSchema();

    [GeneratedRegex(@"^DROP\s+TABLE\s+(IF\s+EXISTS\s+)?(?<table>[\w"".]+)(\s*,\s*(?<table>[\w"".]+))*", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex DropTable();

    [GeneratedRegex(@"^(DELETE\s+FROM|TRUNCATE(\s+TABLE)?)\s+(ONLY\s+)?(?<table>[\w"".]+)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex EmptyTable();

    [GeneratedRegex(@"^ALTER\s+TABLE\s+(IF\s+EXISTS\s+)?(ONLY\s+)?(?<table>[\w"".]+)\s+DROP\s+(COLUMN\s+)?(?!CONSTRAINT\b)(IF\s+EXISTS\s+)?(?<column>[\w""]+)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex DropColumn();
}
