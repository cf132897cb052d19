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

        return
        [
            new("application", "model and migrations agree", db.Database.HasPendingModelChanges() ? "the program expects more than its migrations make" : null),
            .. await MigrationsAsync(db, cancellationToken),
            .. RollbackPlans(db),
            .. Compare("table", model.Tables.Select(NameOf), await NamesAsync(connection, TablesSql, cancellationToken)),
            .. Compare("column", Columns(model), await NamesAsync(connection, ColumnsSql, cancellationToken)),
            .. Compare("constraint", Constraints(model), await NamesAsync(connection, ConstraintsSql, cancellationToken)),
            .. Compare("foreign key validated", ForeignKeys(model), await NamesAsync(connection, ConstraintsSql, cancellationToken)),
            .. Compare("index", Indexes(model), await NamesAsync(connection, IndexesSql, cancellationToken)),
            .. await FaultsAsync(connection, "index built", IndexValiditySql, cancellationToken),
            .. await FaultsAsync(connection, "extension", ExtensionsSql, cancellationToken),
            .. await FaultsAsync(connection, "row level security", RowLevelSecuritySql, cancellationToken),
            .. await FaultsAsync(connection, "partition rights", PartitionGrantsSql, cancellationToken),
            .. await FaultsAsync(connection, "trail rights", TrailGrantsSql, cancellationToken),
            .. await FaultsAsync(connection, "role", RolesSql, cancellationToken),
            .. Compare("partition", ExpectedPartitions(), await NamesAsync(connection, PartitionsSql, cancellationToken)),
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
        if ((await NamesAsync(connection, "SELECT 'there' WHERE to_regclass('public.missing_partitions') IS NOT NULL", cancellationToken)).Count == 0) return [];
        return await FaultsAsync(
            connection, "writes within the prepared days",
            $"""
            SELECT t, (SELECT 'refused ' || sum(writes) || ' writes, the last at ' || to_char(max(last_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' FROM missing_partitions
                       WHERE table_name = t AND last_at > '{clock.GetUtcNow().AddDays(-1):yyyy-MM-dd HH:mm:ss}+00')
            FROM unnest(ARRAY[{string.Join(", ", Partitions.Tables.Keys.Select(table => $"'{table}'"))}]) t
            """,
            cancellationToken);
    }

    static IEnumerable<VerifiedItem> Compare(string kind, IEnumerable<string> expected, HashSet<string> present) =>
        expected.Select(name => new VerifiedItem(kind, name, present.Contains(name) ? null : "missing"));

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

    const string TablesSql = "SELECT schemaname || '.' || tablename FROM pg_tables";

    const string IndexValiditySql =
        """
        SELECT x.indexrelid::regclass::text, CASE WHEN NOT x.indisvalid THEN 'INVALID; mended by: kyozo db repair' WHEN NOT x.indisready THEN 'not ready' END
        FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'identity', 'quartz'))
        """;

    const string ExtensionsSql = "SELECT 'uuid-ossp', CASE WHEN NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'uuid-ossp') THEN 'not installed' END";

    const string ColumnsSql =
        """
        SELECT n.nspname || '.' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'identity')
        """;

    const string ConstraintsSql =
        """
        SELECT n.nspname || '.' || c.relname || '.' || k.conname
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.convalidated
        """;

    const string IndexesSql =
        """
        SELECT n.nspname || '.' || c.relname || '.' || i.relname
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE x.indisvalid
        """;

    const string PartitionsSql = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE NOT inhdetachpending";

    const string RowLevelSecuritySql =
        """
        SELECT c.oid::regclass::text,
            CASE
                WHEN NOT c.relrowsecurity THEN 'not enabled'
                WHEN NOT c.relforcerowsecurity THEN 'not forced'
                WHEN NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND 'kyozo_owner'::regrole = ANY (p.polroles)) THEN 'no policy of the owner'
                WHEN EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND 'kyozo_portal'::regrole = ANY (p.polroles)
                    AND coalesce(pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)) NOT LIKE '%SELECT%app.team_id%'
                    AND coalesce(pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)) NOT LIKE '%SELECT%app.user_id%') THEN 'the portal''s policy names no team'
            END
        FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
          AND (c.relname = 'teams' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'team_id' AND NOT a.attisdropped))
        ORDER BY 1
        """;

    const string PartitionGrantsSql =
        """
        SELECT c.oid::regclass::text,
            (SELECT 'granted to ' || string_agg(DISTINCT grantee::regrole::text, ', ') FROM aclexplode(c.relacl) WHERE grantee <> c.relowner)
        FROM pg_class c WHERE c.relispartition AND c.relkind IN ('r', 'p') ORDER BY 1
        """;

    const string TrailGrantsSql =
        """
        SELECT t || ' ' || r, CASE WHEN has_table_privilege(r, t, 'INSERT, UPDATE, DELETE, TRUNCATE') THEN 'may be changed by ' || r END
        FROM unnest(ARRAY['deployment_events', 'deployment_events_archive', 'audit_events', 'event_heads', 'audit_heads', 'audit_anchors']) t,
             unnest(ARRAY['kyozo_portal', 'kyozo_worker', 'kyozo_gateway']) r
        WHERE to_regclass(t) IS NOT NULL AND to_regrole(r) IS NOT NULL
        """;

    const string RolesSql =
        """
        SELECT e.name, CASE
                WHEN r.oid IS NULL THEN 'missing'
                WHEN r.rolsuper THEN 'is a superuser'
                WHEN r.rolbypassrls AND e.name <> 'kyozo_backup' THEN 'may bypass row level security'
                WHEN r.rolcanlogin AND e.name = 'kyozo_owner' THEN 'may log in'
                WHEN NOT r.rolcanlogin AND e.name <> 'kyozo_owner' THEN 'may not log in'
                WHEN e.name IN ('kyozo_portal', 'kyozo_worker', 'kyozo_gateway', 'kyozo_backup') AND pg_has_role(r.oid, 'kyozo_owner', 'MEMBER') THEN 'is a member of kyozo_owner'
            END
        FROM unnest(ARRAY['kyozo_owner', 'kyozo_portal', 'kyozo_gateway', 'kyozo_worker', 'kyozo_maintenance', 'kyozo_backup']) e (name)
        LEFT JOIN pg_roles r ON r.rolname = e.name
        """;

    static async Task<HashSet<string>> NamesAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var names = new HashSet<string>();
        while (await reader.ReadAsync(cancellationToken)) names.Add(reader.GetString(0));
        return names;
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
