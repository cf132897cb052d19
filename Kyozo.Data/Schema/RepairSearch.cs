using System.Globalization;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Holds rules, rows and indexes of a database against the model, and says how each difference is mended. Changes nothing.</summary>
static class RepairSearch
{
    const int LongestName = 63;

    /// <summary>Everything that is wrong.</summary>
    public static async Task<IReadOnlyList<RepairFinding>> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var db = MigrationCatalog.CreateContext(connection);
        var model = db.GetService<IDesignTimeModel>().Model;
        var findings = new List<RepairFinding>();
        foreach (var table in model.GetRelationalModel().Tables)
        {
            if (!await ReadAsync<bool>(connection, $"SELECT to_regclass('{NameOf(table)}') IS NOT NULL", cancellationToken)) continue;
            foreach (var check in table.CheckConstraints) findings.AddRange(await CheckAsync(connection, table, check, cancellationToken));
            foreach (var key in table.ForeignKeyConstraints) findings.AddRange(await ForeignKeyAsync(connection, key, cancellationToken));
            foreach (var index in table.Indexes) findings.AddRange(await MissingIndexAsync(connection, db, model, index, cancellationToken));
        }

        findings.AddRange(await InvalidIndexesAsync(connection, cancellationToken));
        return findings;
    }

    static async Task<IEnumerable<RepairFinding>> CheckAsync(NpgsqlConnection connection, ITable table, ICheckConstraint check, CancellationToken cancellationToken)
    {
        var name = NameOf(table);
        var state = await StateAsync(connection, name, check.Name!, cancellationToken);
        if (state is ConstraintState.Valid) return [];

        var broken = await ReadAsync<long>(connection, $"SELECT count(*) FROM {name} WHERE NOT ({check.Sql})", cancellationToken);
        var (mend, column, value) = EnumRepairs.Of(table.Name, check.Name!);
        var what = $"{table.Name}: the rule {check.Name} is {(state is ConstraintState.Missing ? "missing" : "not validated")}{(broken == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {broken:N0} rows break it"))}";
        var show = broken == 0 ? null : $"SELECT * FROM {name} WHERE NOT ({check.Sql})";
        if (broken > 0 && mend is Mend.Leave) return [new(what, null, show)];

        var rows = broken == 0 ? null
            : mend is Mend.Replace ? $"UPDATE {name} SET {column} = '{value}' WHERE NOT ({check.Sql})"
            : $"DELETE FROM {name} WHERE NOT ({check.Sql})";
        // Taken anew rather than validated: what is there may say something else than this version's, and would refuse the mending.
        string[] before = state is ConstraintState.NotValidated ? [$"ALTER TABLE {name} DROP CONSTRAINT {check.Name}"] : [];
        var rule = $"ALTER TABLE {name} ADD CONSTRAINT {check.Name} CHECK ({check.Sql})";
        return [new(what, rows is null ? rule : $"{(mend is Mend.Replace ? $"UPDATE {name} SET {column} = '{value}'" : $"DELETE FROM {name}")} WHERE it breaks {check.Name}; then the rule holds", show)
        {
            Step = new(before, rows is null ? null : $"{rows} RETURNING {TeamOf(table)}", [rule], []),
        }];
    }

    static async Task<IEnumerable<RepairFinding>> ForeignKeyAsync(NpgsqlConnection connection, IForeignKeyConstraint key, CancellationToken cancellationToken)
    {
        var (child, parent) = (NameOf(key.Table), NameOf(key.PrincipalTable));
        if (!await ReadAsync<bool>(connection, $"SELECT to_regclass('{parent}') IS NOT NULL", cancellationToken)) return [];
        var state = await StateAsync(connection, child, key.Name, cancellationToken);
        var set = string.Join(" AND ", key.Columns.Select(column => $"c.{column.Name} IS NOT NULL"));
        var joined = string.Join(" AND ", key.Columns.Zip(key.PrincipalColumns, (column, principal) => $"p.{principal.Name} = c.{column.Name}"));
        var orphans = $"{set} AND NOT EXISTS (SELECT FROM {parent} p WHERE {joined})";
        // A restore with triggers disabled leaves orphans behind a key that calls itself valid, so the rows are asked, not the key.
        var broken = await ReadAsync<long>(connection, $"SELECT count(*) FROM {child} c WHERE {orphans}", cancellationToken);
        if (broken > 0)
            return [new(string.Create(CultureInfo.InvariantCulture, $"{key.Table.Name}: {broken:N0} rows name a row of {key.PrincipalTable.Name} that is not there ({key.Name})"), null, $"SELECT * FROM {child} c WHERE {orphans}")];
        return state switch
        {
            ConstraintState.Valid => [],
            ConstraintState.NotValidated => [new($"{key.Table.Name}: the foreign key {key.Name} is not validated", $"ALTER TABLE {child} VALIDATE CONSTRAINT {key.Name}", null)
            {
                Step = new([], null, [$"ALTER TABLE {child} VALIDATE CONSTRAINT {key.Name}"], []),
            }],
            _ => [MissingKey(key, child, parent)],
        };
    }

    static RepairFinding MissingKey(IForeignKeyConstraint key, string child, string parent)
    {
        // NoAction in the model stands for SET NULL (column) in the database: EF has no word for the column list.
        var action = key.OnDeleteAction switch
        {
            ReferentialAction.Cascade => "CASCADE",
            ReferentialAction.Restrict => "RESTRICT",
            _ => $"SET NULL ({key.Columns[^1].Name})",
        };
        var sql = $"ALTER TABLE {child} ADD CONSTRAINT {key.Name} FOREIGN KEY ({string.Join(", ", key.Columns.Select(column => column.Name))}) REFERENCES {parent} ({string.Join(", ", key.PrincipalColumns.Select(column => column.Name))}) ON DELETE {action}";
        return new($"{key.Table.Name}: the foreign key {key.Name} is missing", sql, null) { Step = new([], null, [sql], []) };
    }

    static async Task<IEnumerable<RepairFinding>> MissingIndexAsync(NpgsqlConnection connection, KyozoContext db, IModel model, ITableIndex index, CancellationToken cancellationToken)
    {
        var schema = index.Table.Schema ?? "public";
        if (await ReadAsync<bool>(connection, $"SELECT to_regclass('{schema}.{index.Name}') IS NOT NULL", cancellationToken)) return [];
        var sql = db.GetService<IMigrationsSqlGenerator>().Generate([CreateIndexOperation.CreateFrom(index)], model).Single().CommandText.Trim().TrimEnd(';');
        return [new($"{index.Table.Name}: the index {index.Name} is missing", sql, null) { Step = new([], null, [sql], []) }];
    }

    static async Task<IEnumerable<RepairFinding>> InvalidIndexesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT x.indexrelid::regclass::text, x.indrelid::regclass::text, i.relname ~ '_cc(new|old)\d*$', i.relkind = 'I', pg_get_indexdef(x.indexrelid),
                ARRAY(SELECT t.relid::regclass::text FROM pg_partition_tree(x.indrelid) t
                    WHERE t.isleaf AND NOT EXISTS (SELECT FROM pg_inherits h JOIN pg_index c ON c.indexrelid = h.inhrelid WHERE h.inhparent = x.indexrelid AND c.indrelid = t.relid))
            FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
            WHERE NOT x.indisvalid AND i.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'identity', 'quartz')) ORDER BY 1
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var findings = new List<RepairFinding>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var (index, table) = (reader.GetString(0), reader.GetString(1));
            if (reader.GetBoolean(3))
            {
                findings.Add(Incomplete(index, table, reader.GetString(4), reader.GetFieldValue<string[]>(5)));
                continue;
            }

            // A rebuild that was broken off leaves its half-made copy beside the index that still serves.
            var sql = reader.GetBoolean(2) ? $"DROP INDEX CONCURRENTLY {index}" : $"REINDEX INDEX CONCURRENTLY {index}";
            findings.Add(new($"{table}: the index {index} is INVALID", sql, null) { Step = new([], null, [], [sql]) });
        }

        return findings;
    }

    // A partitioned index is valid when each partition has its part.
    static RepairFinding Incomplete(string index, string table, string definition, string[] without)
    {
        var rest = definition[(definition.IndexOf(" USING ", StringComparison.Ordinal) + 1)..];
        var unique = definition.StartsWith("CREATE UNIQUE", StringComparison.Ordinal) ? "UNIQUE " : "";
        var statements = without.SelectMany(partition => new[]
        {
            $"CREATE {unique}INDEX {PartOf(partition)} ON {partition} {rest}",
            $"ALTER INDEX {index} ATTACH PARTITION {PartOf(partition)}",
        });
        string PartOf(string partition) => $"{partition}_{index}" is { Length: > LongestName } name ? name[..LongestName] : $"{partition}_{index}";
        return new($"{table}: the index {index} is INVALID, for it is missing on {string.Join(", ", without)}", $"CREATE {unique}INDEX ON each of them {rest}, attached to {index}", null)
        {
            Step = new([], null, [.. statements], []),
        };
    }

    static string TeamOf(ITable table) => table.FindColumn("team_id") is not null ? "team_id" : table.Name == "teams" ? "id" : $"'{WellKnown.DefaultTeam}'::uuid";

    enum ConstraintState { Valid, NotValidated, Missing }

    static async Task<ConstraintState> StateAsync(NpgsqlConnection connection, string table, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT convalidated FROM pg_constraint WHERE conrelid = $1::text::regclass AND conname = $2", connection)
        {
            Parameters = { new() { Value = table }, new() { Value = name } },
        };
        return await command.ExecuteScalarAsync(cancellationToken) switch
        {
            true => ConstraintState.Valid,
            false => ConstraintState.NotValidated,
            _ => ConstraintState.Missing,
        };
    }

    static string NameOf(ITable table) => $"{table.Schema ?? "public"}.{table.Name}";

    static async Task<T> ReadAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
