using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>One thing that was looked at.</summary>
/// <param name="Kind">table, constraint, index, role ...</param>
/// <param name="Name">Its name.</param>
/// <param name="Fault">What is wrong, or null when it is as it should be.</param>
public sealed record VerifiedItem(string Kind, string Name, string? Fault);

/// <summary>Holds a database against what this version of Kyozo expects of it: tables and columns, constraints, indexes, row level security, rights, roles, partitions.</summary>
/// <param name="connectionString">Connects as administrator.</param>
/// <param name="clock">Says which partitions must be there.</param>
public sealed class SchemaVerifier(string connectionString, TimeProvider clock)
{
    /// <summary>Looks at everything.</summary>
    public async Task<IReadOnlyList<VerifiedItem>> VerifyAsync(CancellationToken cancellationToken)
    {
        var options = new DbContextOptionsBuilder<KyozoContext>().UseNpgsql(connectionString, KyozoNpgsql.Configure);
        KyozoContext.Configure(options);
        await using var db = new KyozoContext(options.Options);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        await db.Database.OpenConnectionAsync(cancellationToken);
        var model = db.GetService<IDesignTimeModel>().Model.GetRelationalModel();
        var constraints = await connection.ReadTextsAsync(VerifierQueries.Constraints, cancellationToken);

        return
        [
            new("application", "model and migrations agree", db.Database.HasPendingModelChanges() ? "the program expects more than its migrations make" : null),
            .. await MigrationsAsync(db, cancellationToken),
            .. RollbackPlans(db),
            .. Compare("table", model.Tables.Select(NameOf), await connection.ReadTextsAsync(VerifierQueries.Tables, cancellationToken)),
            .. Compare("column", Columns(model), await connection.ReadTextsAsync(VerifierQueries.Columns, cancellationToken)),
            .. Compare("constraint", Constraints(model), constraints),
            .. Compare("foreign key validated", ForeignKeys(model), constraints),
            .. Compare("index", Indexes(model), await connection.ReadTextsAsync(VerifierQueries.Indexes, cancellationToken)),
            .. await FaultsAsync(connection, "index built", VerifierQueries.IndexValidity, cancellationToken),
            .. await FaultsAsync(connection, "extension", VerifierQueries.Extensions, cancellationToken),
            .. await FaultsAsync(connection, "row level security", VerifierQueries.RowLevelSecurity, cancellationToken),
            .. await FaultsAsync(connection, "partition rights", VerifierQueries.PartitionGrants, cancellationToken),
            .. await FaultsAsync(connection, "trail rights", VerifierQueries.TrailGrants, cancellationToken),
            .. await FaultsAsync(connection, "role", VerifierQueries.Roles, cancellationToken),
            .. Compare("partition", ExpectedPartitions(), await connection.ReadTextsAsync(VerifierQueries.Partitions, cancellationToken)),
            .. (await PartitionDays.ReadAsync(connection, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime), cancellationToken))
                .Select(reach => new VerifiedItem("days ahead", reach.Table, reach.IsShort ? $"{reach}, at least {PartitionReach.Least} should be" : null)),
            .. await RefusedWritesAsync(connection, cancellationToken),
            .. await SchemaTrials.RunAsync(connection, cancellationToken),
        ];
    }

    static async Task<IEnumerable<VerifiedItem>> MigrationsAsync(KyozoContext db, CancellationToken cancellationToken)
    {
        var applied = (await db.Database.GetAppliedMigrationsAsync(cancellationToken)).ToHashSet();
        return db.Database.GetMigrations().Select(id => new VerifiedItem("migration", id, applied.Contains(id) ? null : "not applied"));
    }

    // Those of the last day: what is older has been seen or has been mended.
    async Task<IReadOnlyList<VerifiedItem>> RefusedWritesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if ((await connection.ReadTextsAsync("SELECT 'there' WHERE to_regclass('public.missing_partitions') IS NOT NULL", cancellationToken)).Count == 0) return [];
        return await FaultsAsync(
            connection, "writes within the prepared days",
            $"""
            SELECT t, (SELECT 'refused ' || sum(writes) || ' writes, the last at ' || to_char(max(last_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' FROM missing_partitions
                       WHERE table_name = t AND last_at > '{clock.GetUtcNow().AddDays(-1):yyyy-MM-dd HH:mm:ss}+00')
            FROM unnest(ARRAY[{string.Join(", ", Partitions.Tables.Keys.Select(table => $"'{table}'"))}]) t
            """,
            cancellationToken);
    }

    static IEnumerable<VerifiedItem> Compare(string kind, IEnumerable<string> expected, IEnumerable<string> found)
    {
        var present = found.ToHashSet();
        return expected.Select(name => new VerifiedItem(kind, name, present.Contains(name) ? null : "missing"));
    }

    static IEnumerable<string> Columns(IRelationalModel model) =>
        model.Tables.SelectMany(table => table.Columns.Select(column => $"{NameOf(table)}.{column.Name} {column.StoreType}{(column.IsNullable ? "" : " not null")}"));

    static IEnumerable<string> Constraints(IRelationalModel model) => model.Tables.SelectMany(table =>
        table.CheckConstraints.Select(constraint => constraint.Name!)
            .Concat(table.UniqueConstraints.Select(key => key.Name))
            .Select(name => $"{NameOf(table)}.{name}"));

    static IEnumerable<string> ForeignKeys(IRelationalModel model) =>
        model.Tables.SelectMany(table => table.ForeignKeyConstraints.Select(key => $"{NameOf(table)}.{key.Name}"));

    static IEnumerable<VerifiedItem> RollbackPlans(KyozoContext db)
    {
        var without = MigrationCatalog.WithoutDown(db).ToHashSet();
        return db.Database.GetMigrations().Select(id => new VerifiedItem("rollback plan", id, without.Contains(id) ? "cannot be taken back" : null));
    }

    static IEnumerable<string> Indexes(IRelationalModel model) =>
        model.Tables.SelectMany(table => table.Indexes.Select(index => $"{NameOf(table)}.{index.Name}"));

    static string NameOf(ITable table) => $"{table.Schema ?? "public"}.{table.Name}";

    IEnumerable<string> ExpectedPartitions()
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        return Partitions.Tables.Keys.SelectMany(table =>
            Enumerable.Range(0, Partitions.DaysAhead).Select(day => Partitions.NameOf(table, today.AddDays(day))));
    }

    static async Task<List<VerifiedItem>> FaultsAsync(NpgsqlConnection connection, string kind, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<VerifiedItem>();
        while (await reader.ReadAsync(cancellationToken))
            items.Add(new(kind, reader.GetString(0), await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetString(1)));
        return items;
    }
}
