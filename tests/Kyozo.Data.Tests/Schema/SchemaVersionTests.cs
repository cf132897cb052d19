using Kyozo.Data.Schema;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

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

    static async Task RequireAsync(TestDatabase database, string connectionString)
    {
        await using var services = database.BuildServices(connectionString);
        await using var db = await services.GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContextAsync(Token);
        await SchemaVersion.RequireBoundRoleAsync(db, Token);
        await SchemaVersion.RequireCurrentAsync(db, Token);
    }
}
