using Kyozo.Data.Schema;
using Kyozo.Data.Schema.Preflight;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Schema.Preflight;

/// <summary>The preflight on real servers in the states that it warns of.</summary>
public sealed class PreflightTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_database_and_a_current_one_may_be_migrated()
    {
        await using var empty = await postgres.CreateEmptyDatabaseAsync(Token);
        await using var current = await postgres.CreateDatabaseAsync(Token);

        var before = await CheckAsync(empty);
        Assert.DoesNotContain(before.Values, line => line.Level == PreflightLevel.Failed);
        Assert.Contains("to apply: CreateCoreTables, CreateTopologyDetections", before["schema"].What, StringComparison.Ordinal);
        Assert.Equal("only new tables are touched; nobody waits", before["locks"].What);

        var after = await CheckAsync(current);
        Assert.DoesNotContain(after.Values, line => line.Level == PreflightLevel.Failed);
        Assert.Equal("nothing to apply", after["schema"].What);
        Assert.Matches(@"[\d.]+ (MiB|GiB) \(\d+ %\) free at /.*; the database has", after["disk"].What);
    }

    [Fact]
    public async Task Who_stands_in_the_way_of_a_pending_migration_is_named()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        await new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { }).MigrateAsync("CreateServicePermissions", Token);
        await using var reader = await OpenAsync(database, "a report");
        await using var reading = await reader.BeginTransactionAsync(Token);
        await reader.ExecuteAsync("SELECT count(*) FROM workspaces", Token);

        var lines = await CheckAsync(database);

        Assert.Equal(PreflightLevel.Warning, lines["locks"].Level);
        Assert.Contains("workspaces (", lines["locks"].What, StringComparison.Ordinal);
        Assert.Contains($"workspaces is held now by process {reader.ProcessID} (", lines["locks"].What, StringComparison.Ordinal);
        Assert.Contains("readers and writers wait during AddContainerFieldsToWorkspaces", lines["locks"].What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_that_wait_for_each_other_are_told()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await using var first = await OpenAsync(database, "first");
        await using var second = await OpenAsync(database, "second");
        await using var transaction = await first.BeginTransactionAsync(Token);
        await first.ExecuteAsync("LOCK TABLE teams", Token);
        var waiting = second.ExecuteAsync("SELECT count(*) FROM teams", Token);
        await Eventually.TrueAsync("the second waits", TimeSpan.FromSeconds(30), () => database.ReadAsync<bool>($"SELECT EXISTS (SELECT FROM pg_locks WHERE pid = {second.ProcessID} AND NOT granted)", Token), Token);

        Assert.Contains($"process {second.ProcessID} (", (await CheckAsync(database))["waiting"].What, StringComparison.Ordinal);

        await transaction.RollbackAsync(Token);
        await waiting;
    }

    [Fact]
    public async Task Foreign_tables_and_a_newer_schema_are_refused()
    {
        await using var foreign = await postgres.CreateEmptyDatabaseAsync(Token);
        await foreign.ExecuteAsync("CREATE TABLE users (id int)", Token);
        Assert.Contains("users", Failed(await CheckAsync(foreign), "schema"), StringComparison.Ordinal);

        await using var newer = await postgres.CreateDatabaseAsync(Token);
        await newer.ExecuteAsync("INSERT INTO __ef_migrations_history VALUES ('29991231000000_FromTheFuture', '99')", Token);
        Assert.Contains("29991231000000_FromTheFuture", Failed(await CheckAsync(newer), "schema"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_without_the_rights_is_refused_and_an_owner_who_is_no_superuser_is_not()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var name = $"{database.Name}_person";
        await database.ExecuteAsync($"CREATE ROLE {name} LOGIN PASSWORD 'x'; GRANT CONNECT ON DATABASE {database.Name} TO {name}", Token);
        var connection = new NpgsqlConnectionStringBuilder(database.Admin) { Username = name, Password = "x" }.ConnectionString;
        try
        {
            Assert.Contains(name, Failed(await CheckAsync(connection), "rights"), StringComparison.Ordinal);
            await database.ExecuteAsync($"ALTER ROLE {name} CREATEROLE; ALTER DATABASE {database.Name} OWNER TO {name}", Token);
            var lines = await CheckAsync(connection);
            Assert.Equal(PreflightLevel.Ok, lines["rights"].Level);
            Assert.Contains("cannot be seen from here", lines["disk"].What, StringComparison.Ordinal);
            Assert.Equal(PreflightLevel.Warning, lines["transactions"].Level);
        }
        finally
        {
            await database.ExecuteAsync($"ALTER DATABASE {database.Name} OWNER TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name}", Token);
        }
    }

    [Fact]
    public async Task Connected_processes_and_running_deployments_are_told_when_something_is_pending()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await ManyRows.FillAsync(database, Token);
        await using var portal = await OpenAsync(database, "Kyozo.Web", database.Portal);

        Assert.Equal(PreflightLevel.Ok, (await CheckAsync(database))["people"].Level);
        await database.ExecuteAsync("DELETE FROM __ef_migrations_history WHERE migration_id = (SELECT max(migration_id) FROM __ef_migrations_history)", Token);

        var people = (await CheckAsync(database))["people"];
        Assert.Equal(PreflightLevel.Warning, people.Level);
        Assert.Contains("Kyozo.Web (kyozo_portal, 1); 100 deployments run or wait", people.What, StringComparison.Ordinal);
    }

    static string Failed(Dictionary<string, PreflightLine> lines, string check)
    {
        Assert.Equal(PreflightLevel.Failed, lines[check].Level);
        Assert.NotNull(lines[check].WayOut);
        return lines[check].What;
    }

    static Task<Dictionary<string, PreflightLine>> CheckAsync(TestDatabase database) => CheckAsync(database.Admin);

    static async Task<Dictionary<string, PreflightLine>> CheckAsync(string connection) =>
        (await new PreflightReader(connection, TimeProvider.System).CheckAsync(to: null, Token)).ToDictionary(line => line.Check);

    static async Task<NpgsqlConnection> OpenAsync(TestDatabase database, string application, string? connection = null)
    {
        var opened = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection ?? database.Admin) { ApplicationName = application, Pooling = false }.ConnectionString);
        await opened.OpenAsync(Token);
        return opened;
    }
}
