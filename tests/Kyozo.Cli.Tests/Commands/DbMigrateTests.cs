using System.Diagnostics;
using Kyozo.Data.Schema;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Cli.Tests.Commands;

/// <summary>F-40 and F-41: <c>kyozo db migrate</c> as real processes, killed half-way and side by side.</summary>
public sealed class DbMigrateTests(PostgresFixture postgres)
{
    const long Gate = 4711;
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    static readonly int Rounds = Extent.Of(1, 10);

    static readonly string Program = Path.Combine(AppContext.BaseDirectory, "kyozo");

    // Where each of the requirement's nine migrations is stopped, so that much of it is done: its tables and indexes when it makes
    // policies, its columns when it makes indexes.
    static readonly (string Migration, string Tag)[] Seed =
    [
        ("CreateTopologyDetections", "CREATE POLICY"), ("CreateServiceInstances", "CREATE POLICY"), ("CreateDeploymentEvents", "CREATE POLICY"),
        ("CreateServiceDependencies", "CREATE POLICY"), ("CreateHealthChecks", "CREATE POLICY"), ("CreateServiceMetrics", "CREATE POLICY"),
        ("CreateServicePermissions", "CREATE POLICY"), ("AddContainerFieldsToWorkspaces", "CREATE INDEX"), ("AddServiceFieldsToFiles", "CREATE INDEX"),
    ];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_half_way_in_each_of_the_nine_migrations_it_leaves_whole_migrations_and_the_next_run_ends_the_work()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var migrator = MigratorOf(database);
        await migrator.MigrateAsync("CreateCoreTables", Token);
        await database.ExecuteAsync(ManyRows.Statements["CreateCoreTables"], Token);

        foreach (var (migration, tag) in Seed)
        {
            var before = await StateAsync(database);
            await KillHalfWayAsync(database, migration, tag);

            Assert.Equal(before, await StateAsync(database));
            Assert.Equal([migration], (await migrator.MigrateAsync(migration, Token)).Select(applied => applied.Name));
            Assert.NotEqual(before, await StateAsync(database));
            await database.ExecuteAsync(ManyRows.Statements[migration], Token);
        }

        (await KyozoAsync(database, "db", "migrate")).Succeeded();
        Assert.DoesNotContain(await new SchemaVerifier(database.Admin, TimeProvider.System).VerifyAsync(Token), item => item.Fault is not null);
    }

    [Fact]
    public async Task Three_processes_at_once_all_succeed_and_each_migration_is_applied_once()
    {
        TestContext.Current.TestOutputHelper!.WriteLine($"{Extent.AsRun}F-41: 3 processes, {Rounds} rounds");
        for (var round = 0; round < Rounds; round++)
        {
            await using var database = await postgres.CreateEmptyDatabaseAsync(Token);

            var ends = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => KyozoAsync(database, "db", "migrate")));

            var applied = ends.SelectMany(end => end.Succeeded().Split('\n')).Where(line => line.Contains("] applying ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]);
            Assert.Equal((await MigratorOf(database).ReadStatusAsync(Token)).Select(state => state.Name).Order(), applied.Order());
            (await KyozoAsync(database, "db", "verify")).Succeeded();
        }
    }

    [Fact]
    public async Task Sql_prints_a_script_and_touches_nothing()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var script = (await KyozoAsync(database, "db", "migrate", "--sql", "--to", "CreateTopologyDetections", "--statement-timeout", "5m")).Succeeded();

        Assert.Contains("CREATE TABLE topology_detections", script, StringComparison.Ordinal);
        Assert.DoesNotContain("CREATE TABLE service_instances", script, StringComparison.Ordinal);
        Assert.Equal(0, await database.ReadAsync<long>("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", Token));
    }

    [Fact]
    public async Task A_rollback_that_would_lose_rows_says_which_and_needs_a_yes()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        await MigratorOf(database).MigrateAsync("CreateTopologyDetections", Token);
        await database.ExecuteAsync(ManyRows.Statements["CreateCoreTables"] + ManyRows.Statements["CreateTopologyDetections"], Token);

        var refused = await KyozoAsync(database, "db", "rollback");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"topology_detections: {ManyRows.Count:#,0} rows", refused.Output, StringComparison.Ordinal);
        Assert.Contains("--yes", refused.Error, StringComparison.Ordinal);
        Assert.Equal(ManyRows.Count, await database.ReadAsync<long>("SELECT count(*) FROM topology_detections", Token));

        (await KyozoAsync(database, "db", "rollback", "--yes")).Succeeded();
        Assert.Equal(ManyRows.Count, await database.ReadAsync<long>("SELECT count(*) FROM files", Token));
        Assert.Equal("CreateCoreTables", (await MigratorOf(database).ReadStatusAsync(Token)).Last(state => state.Applied).Name);
    }

    async Task KillHalfWayAsync(TestDatabase database, string migration, string tag)
    {
        await database.ExecuteAsync(
            $"""
            CREATE FUNCTION wait_at_gate() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared({Gate}); END $$;
            CREATE EVENT TRIGGER wait_at_gate ON ddl_command_end WHEN TAG IN ('{tag}') EXECUTE FUNCTION wait_at_gate();
            """, Token);
        await using (var gate = new NpgsqlConnection(database.Admin))
        {
            await gate.OpenAsync(Token);
            await using (var shut = new NpgsqlCommand($"SELECT pg_advisory_lock({Gate})", gate)) await shut.ExecuteNonQueryAsync(Token);

            using var process = Process.Start(new ProcessStartInfo(Program, ["db", "migrate", "--to", migration])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["ConnectionStrings__kyozodb"] = database.Admin },
            })!;
            await Eventually.TrueAsync(
                $"the process stands in {migration}", Soon,
                () => database.ReadAsync<bool>($"SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = {Gate} AND NOT granted)", Token), Token);
            process.Kill();
            await process.WaitForExitAsync(Token);
        }

        await Eventually.TrueAsync(
            "the server has noticed that its client is gone", Soon,
            () => database.ReadAsync<bool>("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'kyozo db migrate')", Token), Token);
        await database.ExecuteAsync("DROP EVENT TRIGGER wait_at_gate; DROP FUNCTION wait_at_gate()", Token);
    }

    /// <summary>Applied migrations, tables, columns, functions, policies, indexes with their validity, and the rows of the tables filled so far.</summary>
    static async Task<string[]> StateAsync(TestDatabase database) => (await database.ReadAsync<string[]>(
        """
        SELECT array_agg(line ORDER BY line) FROM (
            SELECT 'migration ' || migration_id FROM __ef_migrations_history
            UNION ALL
            SELECT 'column ' || attrelid::regclass || '.' || attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND attnum > 0 AND NOT attisdropped
            UNION ALL
            SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL
            SELECT 'policy ' || polrelid::regclass || '.' || polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE NOT c.relispartition
            UNION ALL
            SELECT 'index ' || indexrelid::regclass || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
                WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
            UNION ALL
            SELECT 'rows ' || c.relname || ' ' || (xpath('/row/n/text()', query_to_xml(format('SELECT md5(string_agg(md5(t::text), '''' ORDER BY md5(t::text))) AS n FROM %I t', c.relname), true, true, '')))[1]
                FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        ) state (line) WHERE line IS NOT NULL
        """, Token))!;

    static Migrator MigratorOf(TestDatabase database) => new(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { });

    static Task<CommandResult> KyozoAsync(TestDatabase database, params string[] arguments) =>
        Command.RunAsync(Program, arguments, Token, new Dictionary<string, string?> { ["ConnectionStrings__kyozodb"] = database.Admin });
}
