using Npgsql;

namespace Kyozo.Data.Tests.Tenancy;

/// <summary>Who may read and write which sensitive column: the whole catalog × the roles that sign in, against the list below (seed "Column Permissions", SAFETY T9).</summary>
public sealed class ColumnRightsTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    // Column → who reads it; who writes it. Nobody else, and no other column has such a name.
    static readonly (string Column, string Readers, string Writers)[] Sensitive =
    [
        ("users.password_hash", "kyozo_portal", "kyozo_portal"),
        ("users.security_stamp", "kyozo_portal", "kyozo_portal"),
        ("users.concurrency_stamp", "kyozo_portal", "kyozo_portal"),
        ("users.email", "kyozo_portal", "kyozo_portal"),
        ("users.normalized_email", "kyozo_portal", "kyozo_portal"),
        ("users.phone_number", "kyozo_portal", "kyozo_portal"),
        ("users.is_installation_admin", "kyozo_portal kyozo_worker", ""),
        ("secrets.ciphertext", "kyozo_worker", "kyozo_worker"),
        ("service_instances.deployment_config", "kyozo_portal kyozo_worker", "kyozo_portal kyozo_worker"),
        ("service_instances.status", "kyozo_portal kyozo_worker", "kyozo_worker"),
        ("service_instances.wanted_running", "kyozo_portal kyozo_worker", "kyozo_worker"),
        ("workspaces.root_path", "kyozo_portal kyozo_worker", "kyozo_worker"),
        ("deployments.lease_owner", "kyozo_portal kyozo_worker", "kyozo_portal kyozo_worker"),
        ("deployment_events.hash", "kyozo_portal kyozo_worker", ""),
        ("audit_events.hash", "kyozo_portal kyozo_worker", ""),
        ("event_heads.last_hash", "", ""),
        ("audit_heads.last_hash", "", ""),
    ];

    [Fact]
    public async Task Each_sensitive_column_has_exactly_its_readers_and_writers()
    {
        foreach (var (column, readers, writers) in Sensitive)
        {
            var (table, name) = (column.Split('.')[0], column.Split('.')[1]);
            Assert.Equal((column, readers), (column, await HoldersAsync($"has_column_privilege(r.oid, '{table}', '{name}', 'SELECT')")));
            Assert.Equal((column, writers), (column, await HoldersAsync($"has_column_privilege(r.oid, '{table}', '{name}', 'INSERT') OR has_column_privilege(r.oid, '{table}', '{name}', 'UPDATE')")));
        }
    }

    [Fact]
    public async Task A_column_whose_name_sounds_sensitive_is_in_the_list_or_known_to_be_harmless()
    {
        string[] harmless =
        [
            "audit_anchors.hash", "audit_anchors.previous_signature", "audit_anchors.signature", "audit_events.hash", "deployment_events_archive.hash", "files.content_hash", "service_containers.spec_hash", "service_dependencies.connection_template",
        ];
        var sounding = await ColumnAsync(
            """
            SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
              AND a.attname ~ '(password|passkey|secret|token|cipher|hash|stamp|credential|private|signature|template|mac$|key$)'
              AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname IN ('kyozo_portal', 'kyozo_worker', 'kyozo_gateway') AND has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT'))
            """);
        Assert.Empty(sounding.Except(Sensitive.Select(one => one.Column)).Except(harmless));
    }

    [Fact]
    public async Task Only_the_portal_reaches_the_tables_of_sign_in()
    {
        var tables = await ColumnAsync("SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'identity'::regnamespace AND c.relkind IN ('r', 'p')");
        Assert.True(tables.Count >= 3);
        foreach (var table in tables)
            Assert.Equal((table, "kyozo_portal"), (table, await HoldersAsync($"has_any_column_privilege(r.oid, '{table}', 'SELECT') OR has_table_privilege(r.oid, '{table}', 'INSERT, UPDATE, DELETE')")));
        Assert.Equal("kyozo_worker", await HoldersAsync("has_schema_privilege(r.oid, 'quartz', 'USAGE')"));
    }

    [Fact]
    public async Task The_gateway_reads_routes_alone()
    {
        var readable = await ColumnAsync(
            """
            SELECT DISTINCT c.relname || CASE WHEN has_table_privilege('kyozo_gateway', c.oid, 'SELECT') THEN '' ELSE '.' || a.attname END
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> '__ef_migrations_history'
              AND has_column_privilege('kyozo_gateway', c.oid, a.attnum, 'SELECT')
            ORDER BY 1
            """);
        Assert.Equal(
            [
                "engines", "port_reservations", "service_containers", "service_instances.id", "service_instances.name", "service_instances.team_id", "service_instances.workspace_id",
                "workspaces.id", "workspaces.name", "workspaces.slug", "workspaces.team_id",
            ],
            readable.Order(StringComparer.Ordinal));
    }

    async Task<string> HoldersAsync(string condition) => await fixture.Database.ReadAsync<string>(
        $"SELECT coalesce(string_agg(r.rolname, ' ' ORDER BY r.rolname), '') FROM pg_roles r WHERE r.rolname IN ('kyozo_portal', 'kyozo_worker', 'kyozo_gateway') AND ({condition})", Token) ?? "";

    async Task<List<string>> ColumnAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(fixture.Database.Admin);
        await connection.OpenAsync(Token);
        return await EveryTable.ColumnAsync(connection, sql);
    }
}
