using System.Security.Cryptography;
using System.Text;
using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Engine.Backups;

/// <summary>Counts a database's rows and reads its schema from the catalog, in whatever snapshot the connection has.</summary>
static class DatabaseInventory
{
    public static async Task<DatabaseContent> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Names are written out in full only where no schema is searched.
        await connection.ExecuteAsync("SET search_path = ''", cancellationToken);
        var version = (await connection.ReadTextsAsync("SELECT max(migration_id) FROM public.__ef_migrations_history", cancellationToken))[0];
        var rows = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in await connection.ReadTextsAsync(TablesSql, cancellationToken))
        {
            await using var count = new NpgsqlCommand($"SELECT count(*) FROM ONLY {table}", connection) { CommandTimeout = 0 };
            rows[table] = (long)(await count.ExecuteScalarAsync(cancellationToken))!;
        }

        var schema = new SortedDictionary<string, SchemaPart>(StringComparer.Ordinal);
        foreach (var (kind, sql) in Kinds)
        {
            var lines = await connection.ReadTextsAsync(sql, cancellationToken);
            schema[kind] = new(lines.Count, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines.Order(StringComparer.Ordinal))))));
        }

        return new(version, connection.PostgreSqlVersion.Major, rows, schema);
    }

    // Extensions and what stands on them are made by the preparation of the server, not by a backup.
    const string Schemas = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'monitoring')";
    const string NotOfExtension = "NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = p.oid AND e.deptype = 'e')";

    const string TablesSql =
        $"""
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND {Schemas} ORDER BY 1
        """;

    // PostgreSQL writes a list of words with casts and brackets that change when it reads its own text again ('a'::varchar, ('a')::text): they say nothing of the rule.
    static string Plain(string definition) => $"regexp_replace({definition}, '::(character varying|text|bpchar)(\\[\\])?|[()\\s]', '', 'g')";

    static readonly (string Kind, string Sql)[] Kinds =
    [
        ("table", $"SELECT c.oid::regclass::text || ' ' || c.relkind::text || ' ' || c.relowner::regrole || ' ' || c.relrowsecurity || c.relforcerowsecurity FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'S', 'v') AND c.relname <> 'pg_stat_statements' AND {Schemas}"),
        ("column", $"""
            SELECT c.oid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND {Schemas}
            """),
        ("constraint", $"SELECT k.conrelid::regclass || '.' || k.conname || ' ' || {Plain("pg_get_constraintdef(k.oid)")} || ' ' || k.convalidated FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {Schemas}"),
        ("index", $"SELECT pg_get_indexdef(x.indexrelid) || ' ' || x.indisvalid FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {Schemas}"),
        ("partition", $"SELECT c.oid::regclass || ' ' || i.inhparent::regclass || ' ' || pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND {Schemas}"),
        ("policy", "SELECT schemaname || '.' || tablename || '.' || policyname || ' ' || permissive || ' ' || roles::text || ' ' || cmd || ' ' || coalesce(qual, '') || ' ' || coalesce(with_check, '') FROM pg_policies"),
        ("trigger", $"SELECT {Plain("pg_get_triggerdef(t.oid)")} || ' ' || t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND {Schemas}"),
        ("function", $"SELECT pg_get_functiondef(p.oid) || ' ' || p.proowner::regrole FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p') AND {Schemas} AND {NotOfExtension}"),
        ("grant", $"""
            SELECT c.oid::regclass || ' ' || x.grantee::regrole || ' ' || x.privilege_type FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) x WHERE x.grantee <> c.relowner AND c.relname <> 'pg_stat_statements' AND {Schemas}
            UNION ALL SELECT a.attrelid::regclass || '.' || a.attname || ' ' || x.grantee::regrole || ' ' || x.privilege_type FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(a.attacl) x WHERE {Schemas}
            UNION ALL SELECT p.oid::regprocedure || ' ' || x.grantee::regrole || ' ' || x.privilege_type FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x WHERE x.grantee <> p.proowner AND {Schemas} AND {NotOfExtension}
            """),
    ];
}
