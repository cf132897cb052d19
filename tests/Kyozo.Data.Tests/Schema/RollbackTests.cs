using Kyozo.Data.Schema;
using Kyozo.Testing;

namespace Kyozo.Data.Tests.Schema;

/// <summary>F-42: migrations are taken back with data in them. What goes was told before; what stays is as it was.</summary>
public sealed class RollbackTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_migration_taken_back_loses_what_it_said_and_nothing_else_and_comes_back_the_same()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var migrator = MigratorOf(database);
        var migrations = await migrator.MigrateAsync(to: null, Token);
        var schema = await PgDump.SchemaAsync(database, Token);
        await ManyRows.FillAsync(database, Token);
        TestContext.Current.TestOutputHelper!.WriteLine($"{Extent.AsRun}F-42: {migrations.Count} migrations, {ManyRows.Count:#,0} rows in each large table");
        await CopyAsync(database);

        foreach (var migration in migrations.Skip(1).Reverse())
        {
            var before = await CountsAsync(database);
            RollbackPlan? plan = null;
            Assert.True(await migrator.RollbackAsync(to: null, told => (plan = told) is not null, Token));
            var after = await CountsAsync(database);

            Assert.Equal([migration.Id], plan!.Migrations.Select(taken => taken.Id));
            var lost = before.Where(thing => thing.Value > 0 && !after.ContainsKey(thing.Key)
                && !(thing.Key.Contains('.', StringComparison.Ordinal) && !after.ContainsKey(thing.Key[..thing.Key.IndexOf('.', StringComparison.Ordinal)])));
            Assert.Equal(lost.OrderBy(thing => thing.Key, StringComparer.Ordinal), plan.Losses.Select(loss => KeyValuePair.Create(loss.What, loss.Rows)).OrderBy(thing => thing.Key, StringComparer.Ordinal));
            Assert.Empty(await DifferencesAsync(database));
        }

        await database.ExecuteAsync("DROP SCHEMA before CASCADE", Token);
        await migrator.MigrateAsync(to: null, Token);
        Assert.Equal(schema, await PgDump.SchemaAsync(database, Token));
    }

    [Fact]
    public async Task Nothing_changes_unless_it_is_confirmed()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var before = await PgDump.SchemaAsync(database, Token);

        RollbackPlan? plan = null;
        Assert.False(await MigratorOf(database).RollbackAsync(Migrator.Nothing, told => (plan = told) is null, Token));

        Assert.Contains(plan!.Losses, loss => loss is { What: "teams", Rows: 1, Exact: true });
        Assert.Equal(before, await PgDump.SchemaAsync(database, Token));
    }

    static Migrator MigratorOf(TestDatabase database) => new(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { });

    static Task CopyAsync(TestDatabase database) => database.ExecuteAsync(
        """
        CREATE SCHEMA before;
        DO $$
        DECLARE t record;
        BEGIN
            FOR t IN SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> '__ef_migrations_history' LOOP
                EXECUTE format('CREATE TABLE before.%I AS TABLE public.%I', t.relname, t.relname);
            END LOOP;
        END $$;
        """, Token);

    /// <summary>Rows by table, and rows by column of the two tables that later migrations widen, where the column holds something else than its default.</summary>
    static async Task<Dictionary<string, long>> CountsAsync(TestDatabase database)
    {
        var counted = await database.ReadAsync<string[]>(
            """
            SELECT coalesce(array_agg(line), '{}') FROM (
                SELECT c.relname || ' ' || (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM public.%I', c.relname), true, true, '')))[1] AS line
                FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND c.relname <> '__ef_migrations_history'
                UNION ALL
                SELECT c.relname || '.' || a.attname || ' ' ||
                    (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM public.%I WHERE %I IS DISTINCT FROM (%s)', c.relname, a.attname, coalesce(pg_get_expr(d.adbin, d.adrelid), 'NULL')), true, true, '')))[1]
                FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> '__ef_migrations_history') counts
            """, Token);
        return counted!.Select(line => line.Split(' ')).ToDictionary(parts => parts[0], parts => long.Parse(parts[1]));
    }

    /// <summary>Tables whose rows, as far as the columns are still there, are not what they were.</summary>
    static async Task<string[]> DifferencesAsync(TestDatabase database) => (await database.ReadAsync<string[]>(
        """
        SELECT coalesce(array_agg(relname), '{}') FROM (
            SELECT c.relname, format(
                'SELECT count(*) AS n FROM ((SELECT %1$s FROM public.%2$I EXCEPT ALL SELECT %1$s FROM before.%2$I) UNION ALL (SELECT %1$s FROM before.%2$I EXCEPT ALL SELECT %1$s FROM public.%2$I)) d',
                (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), c.relname) AS query
            FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> '__ef_migrations_history') tables
        WHERE (xpath('/row/n/text()', query_to_xml(query, true, true, '')))[1]::text <> '0'
        """, Token))!;
}
