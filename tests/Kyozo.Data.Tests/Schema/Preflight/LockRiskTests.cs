using Kyozo.Data.Schema;
using Kyozo.Data.Schema.Preflight;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Schema.Preflight;

/// <summary>What is foretold about locks, held against the locks that PostgreSQL really takes.</summary>
public sealed class LockRiskTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_migration_locks_the_tables_that_were_foretold_and_as_foretold()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var migrator = new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { });
        var migrations = await migrator.ReadStatusAsync(Token);
        await migrator.MigrateAsync(migrations[0].Id, Token);
        await using var db = database.OpenAsAdmin();
        foreach (var migration in migrations.Skip(1))
        {
            var script = MigrationCatalog.UpSql(db, migration.Id);
            var taken = await LocksOfAsync(database, script);

            Assert.Equal(taken, LockRisk.Of(script).Where(risk => taken.ContainsKey(risk.Key)).ToDictionary());
            Assert.DoesNotContain(LockRisk.Of(script), risk => !taken.ContainsKey(risk.Key) && risk.Value > LockMode.ShareUpdateExclusive);
            await migrator.MigrateAsync(migration.Id, Token);
        }
    }

    [Theory]
    [InlineData("CREATE INDEX i ON files (path)", LockMode.Share)]
    [InlineData("CREATE INDEX CONCURRENTLY i ON files (path)", LockMode.ShareUpdateExclusive)]
    [InlineData("ALTER TABLE files ADD COLUMN x int", LockMode.AccessExclusive)]
    [InlineData("ALTER TABLE \"public\".\"files\" VALIDATE CONSTRAINT c", LockMode.ShareUpdateExclusive)]
    [InlineData("CREATE TABLE x (id uuid REFERENCES files (id))", LockMode.ShareRowExclusive)]
    [InlineData("DROP POLICY owner ON files", LockMode.AccessExclusive)]
    [InlineData("TRUNCATE files", LockMode.AccessExclusive)]
    [InlineData("CREATE TRIGGER t AFTER INSERT ON files FOR EACH ROW EXECUTE FUNCTION f()", LockMode.ShareRowExclusive)]
    internal void A_statement_locks_as_the_manual_says(string statement, LockMode mode) => Assert.Equal(mode, LockRisk.Of(statement)["files"]);

    // Runs everything but the last COMMIT and looks at what is held then, on tables that were there before.
    static async Task<Dictionary<string, LockMode>> LocksOfAsync(TestDatabase database, string script)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync(Token);
        await connection.ExecuteAsync($"SET ROLE {DatabaseRoles.Owner}; CREATE TEMPORARY TABLE before AS SELECT oid, relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition", Token);
        foreach (var statement in SqlStatements.Split(script).TakeWhile(statement => statement != "COMMIT")) await connection.ExecuteAsync(statement, Token);

        await using var command = new NpgsqlCommand(
            """
            SELECT b.name, l.mode FROM pg_locks l JOIN before b ON b.oid = l.relation
            WHERE l.pid = pg_backend_pid() AND l.granted AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var locks = new Dictionary<string, LockMode>();
        while (await reader.ReadAsync(Token))
        {
            var mode = Enum.Parse<LockMode>(reader.GetString(1)[..^"Lock".Length]);
            locks[reader.GetString(0)] = locks.TryGetValue(reader.GetString(0), out var other) && other > mode ? other : mode;
        }

        return locks;
    }
}
