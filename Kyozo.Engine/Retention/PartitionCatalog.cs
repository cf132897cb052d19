namespace Kyozo.Engine.Retention;

/// <summary>What the catalog knows about the days of a table and about the limits in force.</summary>
static class PartitionCatalog
{
    /// <summary>The days of a table, oldest first.</summary>
    public static async Task<IReadOnlyList<DayPartition>> ReadDaysAsync(PartitionDdl ddl, string table, CancellationToken cancellationToken) =>
        Days(await ddl.QueryAsync(
            $"""
            SELECT c.relname, i.inhdetachpending FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'public.{table}'::regclass ORDER BY c.relname
            """,
            r => DayPartition.Parse(table, r.GetString(0), r.GetBoolean(1)), cancellationToken));

    /// <summary>Days that an earlier run detached and did not come to move or drop. A table that only has such a name, and other columns, is none.</summary>
    public static async Task<IReadOnlyList<DayPartition>> ReadLeftoversAsync(PartitionDdl ddl, string table, CancellationToken cancellationToken) =>
        Days(await ddl.QueryAsync(
            $"""
            SELECT c.relname FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^{table}_p?[0-9]{"{8}"}$'
              AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
              AND (SELECT array_agg(attname::text || ' ' || atttypid::regtype ORDER BY attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
                = (SELECT array_agg(attname::text || ' ' || atttypid::regtype ORDER BY attname) FROM pg_attribute WHERE attrelid = 'public.{table}'::regclass AND attnum > 0 AND NOT attisdropped)
            ORDER BY c.relname
            """,
            r => DayPartition.Parse(table, r.GetString(0), false), cancellationToken));

    /// <summary>Rows and bytes of a day.</summary>
    /// <param name="ddl">The connection.</param>
    /// <param name="partition">The day.</param>
    /// <param name="exactly">Counts the rows, where the planner's estimate would do else.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<StoredPartition> MeasureAsync(PartitionDdl ddl, DayPartition partition, bool exactly, CancellationToken cancellationToken)
    {
        var (rows, bytes) = (await ddl.QueryAsync(
            $"SELECT {(exactly ? $"(SELECT count(*) FROM {partition.Name})" : "greatest(reltuples, 0)::bigint")}, pg_total_relation_size(oid) FROM pg_class WHERE oid = 'public.{partition.Name}'::regclass",
            r => (r.GetInt64(0), r.GetInt64(1)), cancellationToken))[0];
        return new(partition, rows, bytes);
    }

    /// <summary>What workspaces ask for beyond the installation's limits.</summary>
    public static async Task<IReadOnlyList<WorkspaceRetention>> ReadWishesAsync(PartitionDdl ddl, CancellationToken cancellationToken) =>
        await ddl.QueryAsync(
            """
            SELECT t.slug || '/' || w.slug, w.event_retention_days, w.health_check_retention_days, w.metric_retention_days
            FROM workspaces w JOIN teams t ON t.id = w.team_id
            WHERE w.deleted_at IS NULL AND coalesce(w.event_retention_days, w.health_check_retention_days, w.metric_retention_days) IS NOT NULL
            """,
            r => new WorkspaceRetention(r.GetString(0), Days(r, 1), Days(r, 2), Days(r, 3)), cancellationToken);

    static int? Days(Npgsql.NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt32(column);

    static IReadOnlyList<DayPartition> Days(List<DayPartition?> partitions) => [.. partitions.OfType<DayPartition>()];
}
