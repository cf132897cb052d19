using Kyozo.Data.Schema;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

/// <summary>What a process refuses to start on.</summary>
public sealed class SchemaVersionTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_older_schema_is_refused_with_the_command_that_mends_it()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await RequireAsync(database, database.Portal);

        await new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { }).RollbackAsync(to: null, Token);

        var refused = await Assert.ThrowsAsync<SchemaException>(() => RequireAsync(database, database.Portal));
        Assert.EndsWith("Run: kyozo db migrate", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await database.ExecuteAsync("INSERT INTO __ef_migrations_history VALUES ('29991231000000_FromTheFuture', '99')", Token);

        var refused = await Assert.ThrowsAsync<SchemaException>(() => RequireAsync(database, database.Worker));
        Assert.Contains("29991231000000_FromTheFuture", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_the_walls_do_not_bind_is_refused()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        foreach (var connection in new[] { database.Portal, database.Worker, database.Gateway }) await RequireAsync(database, connection);

        Assert.Contains("is a superuser", (await Assert.ThrowsAsync<SchemaException>(() => RequireAsync(database, database.Admin))).Message, StringComparison.Ordinal);
        Assert.Contains("owns tables", (await Assert.ThrowsAsync<SchemaException>(() => RequireAsync(database, database.Maintenance))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BYPASSRLS", "may bypass row level security")]
    [InlineData("CREATEROLE", "may make and change roles")]
    [InlineData("REPLICATION", "may replicate the whole server")]
    [InlineData("IN ROLE kyozo_owner", "is a member of kyozo_owner, which owns tables")]
    [InlineData("NOINHERIT IN ROLE kyozo_owner", "is a member of kyozo_owner, which owns tables")]
    [InlineData("IN ROLE kyozo_maintenance", "is a member of kyozo_owner, which owns tables")]
    [InlineData("IN ROLE pg_read_server_files", "is a member of pg_read_server_files, which reaches the files of the server")]
    public async Task A_role_that_could_become_one_that_bypasses_is_refused(string attributes, string fault)
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var name = $"{database.Name}_role";
        await database.ExecuteAsync($"CREATE ROLE {name} LOGIN PASSWORD 'x' {attributes}; GRANT CONNECT ON DATABASE {database.Name} TO {name}", Token);
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(database.Admin) { Username = name, Password = "x" }.ConnectionString;
            var refused = await Assert.ThrowsAsync<SchemaException>(() => RequireAsync(database, connection));
            Assert.Contains($"{name} {fault}", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            await database.ExecuteAsync($"DROP OWNED BY {name}; DROP ROLE {name}", Token);
        }
    }

    [Fact]
    public async Task A_superuser_who_hides_behind_the_portals_role_is_refused()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var hidden = new NpgsqlConnectionStringBuilder(database.Admin) { Options = "-c role=kyozo_portal" }.ConnectionString;
        Assert.Contains("is a superuser", (await Assert.ThrowsAsync<SchemaException>(() => RequireAsync(database, hidden))).Message, StringComparison.Ordinal);
    }

    static async Task RequireAsync(TestDatabase database, string connectionString)
    {
        await using var services = database.BuildServices(connectionString);
        await using var db = await services.GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContextAsync(Token);
        await SchemaVersion.RequireBoundRoleAsync(db, Token);
        await SchemaVersion.RequireCurrentAsync(db, Token);
    }
}
