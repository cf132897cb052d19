using Kyozo.Data.Schema;
using Kyozo.Testing;

namespace Kyozo.Data.Tests.Tenancy;

/// <summary>A table that somebody adds without walls, or with walls that do not hold, is found by what looks at the catalog: <c>kyozo db verify</c> and the tests (SAFETY T1, T2, T8).</summary>
public sealed class WallTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    const string Table = "CREATE TABLE notes (id uuid PRIMARY KEY, team_id uuid NOT NULL);";
    const string Enabled = Table + " ALTER TABLE notes ENABLE ROW LEVEL SECURITY;";
    const string Forced = Enabled + " ALTER TABLE notes FORCE ROW LEVEL SECURITY;";
    const string Owned = Forced + " CREATE POLICY owner ON notes TO kyozo_owner USING (true) WITH CHECK (true);";
    const string OwnTeam = "(team_id = (select nullif(current_setting('app.team_id', true), '')::uuid))";

    [Theory]
    [InlineData(Table, "not enabled")]
    [InlineData(Enabled, "not forced")]
    [InlineData(Forced, "no policy of the owner")]
    [InlineData(Owned + " CREATE POLICY portal ON notes TO kyozo_portal USING (true)", "the portal's policy names no team")]
    [InlineData(Owned + " CREATE POLICY everybody ON notes USING (true)", "the portal's policy names no team")]
    [InlineData(Owned + " CREATE POLICY portal ON notes TO kyozo_portal USING " + OwnTeam + " WITH CHECK (true)", "the portal's policy names no team")]
    [InlineData(Owned + " CREATE POLICY portal ON notes TO kyozo_portal USING (team_id = nullif(current_setting('app.team_id', true), '')::uuid)", "the portal's policy names no team")]
    [InlineData(Owned + " CREATE POLICY portal ON notes TO kyozo_portal USING " + OwnTeam + " WITH CHECK " + OwnTeam, null)]
    public async Task A_new_table_with_a_team_is_held_to_the_walls(string migration, string? fault)
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await database.ExecuteAsync($"SET ROLE kyozo_owner; {migration}", Token);

        var items = await new SchemaVerifier(database.Admin, TimeProvider.System).VerifyAsync(Token);

        Assert.Equal(fault, Assert.Single(items, item => item.Kind == "row level security" && item.Name == "notes").Fault);
    }

    [Fact]
    public async Task A_partition_made_in_the_ordinary_way_is_found_to_be_open()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await database.ExecuteAsync(
            "SET ROLE kyozo_owner; CREATE TABLE health_checks_2099 PARTITION OF health_checks FOR VALUES FROM ('2099-01-01') TO ('2100-01-01'); GRANT SELECT ON health_checks_2099 TO kyozo_portal", Token);

        var faults = (await new SchemaVerifier(database.Admin, TimeProvider.System).VerifyAsync(Token)).Where(item => item.Fault is not null).ToList();

        Assert.Equal(["granted to kyozo_portal", "not enabled"], faults.Where(item => item.Name == "health_checks_2099").Select(item => item.Fault!).Order());
    }

    [Fact]
    public async Task Views_do_not_read_tables_of_teams_with_their_owners_eyes()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        const string open =
            """
            SELECT count(DISTINCT v.oid) FROM pg_class v JOIN pg_rewrite r ON r.ev_class = v.oid
                JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
                JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attname = 'team_id'
            WHERE v.relkind IN ('v', 'm') AND v.relnamespace = 'public'::regnamespace AND NOT coalesce(v.reloptions::text LIKE '%security_invoker=true%', false)
            """;
        Assert.Equal(0L, await database.ReadAsync<long>(open, Token));

        await database.ExecuteAsync("CREATE VIEW all_services AS SELECT * FROM service_instances", Token);
        Assert.Equal(1L, await database.ReadAsync<long>(open, Token));
    }
}
