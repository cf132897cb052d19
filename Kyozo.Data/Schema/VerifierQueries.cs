namespace Kyozo.Data.Schema;

/// <summary>What <see cref="SchemaVerifier"/> asks the catalogs: names of what is there, or a name and its fault (null when it is as it should be).</summary>
static class VerifierQueries
{
    public const string Tables = "SELECT schemaname || '.' || tablename FROM pg_tables";

    public const string IndexValidity =
        """
        SELECT x.indexrelid::regclass::text, CASE WHEN NOT x.indisvalid THEN 'INVALID; mended by: kyozo db repair' WHEN NOT x.indisready THEN 'not ready' END
        FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'identity', 'quartz'))
        """;

    public const string Extensions = "SELECT 'uuid-ossp', CASE WHEN NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'uuid-ossp') THEN 'not installed' END";

    public const string Columns =
        """
        SELECT n.nspname || '.' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'identity')
        """;

    public const string Constraints =
        """
        SELECT n.nspname || '.' || c.relname || '.' || k.conname
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.convalidated
        """;

    public const string Indexes =
        """
        SELECT n.nspname || '.' || c.relname || '.' || i.relname
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE x.indisvalid
        """;

    public const string Partitions = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE NOT inhdetachpending";

    public const string RowLevelSecurity =
        """
        SELECT c.oid::regclass::text,
            CASE
                WHEN NOT c.relrowsecurity THEN 'not enabled'
                WHEN NOT c.relforcerowsecurity THEN 'not forced'
                WHEN NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND 'kyozo_owner'::regrole = ANY (p.polroles)) THEN 'no policy of the owner'
                WHEN EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polroles && ARRAY['kyozo_portal'::regrole::oid, 0::oid]
                    AND EXISTS (SELECT FROM unnest(ARRAY[pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)]) e
                        WHERE e NOT LIKE '%SELECT%app.team_id%' AND e NOT LIKE '%SELECT%app.user_id%')) THEN 'the portal''s policy names no team'
            END
        FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
          AND (c.relname = 'teams' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'team_id' AND NOT a.attisdropped))
        ORDER BY 1
        """;

    public const string PartitionGrants =
        """
        SELECT c.oid::regclass::text,
            (SELECT 'granted to ' || string_agg(DISTINCT grantee::regrole::text, ', ') FROM aclexplode(c.relacl) WHERE grantee <> c.relowner)
        FROM pg_class c WHERE c.relispartition AND c.relkind IN ('r', 'p') ORDER BY 1
        """;

    public const string TrailGrants =
        """
        SELECT t || ' ' || r, CASE WHEN has_table_privilege(r, t, 'INSERT, UPDATE, DELETE, TRUNCATE') THEN 'may be changed by ' || r END
        FROM unnest(ARRAY['deployment_events', 'deployment_events_archive', 'audit_events', 'event_heads', 'audit_heads', 'audit_anchors']) t,
             unnest(ARRAY['kyozo_portal', 'kyozo_worker', 'kyozo_gateway']) r
        WHERE to_regclass(t) IS NOT NULL AND to_regrole(r) IS NOT NULL
        """;

    public const string Roles =
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
}
