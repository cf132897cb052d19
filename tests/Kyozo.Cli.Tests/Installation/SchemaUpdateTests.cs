using Kyozo.Cli.Installation;
using Kyozo.Cli.Output;
using Kyozo.Data.Schema;
using Kyozo.Testing;

namespace Kyozo.Cli.Tests.Installation;

/// <summary>What <c>kyozo up</c> does with the schema before it starts anything.</summary>
public sealed class SchemaUpdateTests(PostgresFixture postgres)
{
    const string FromTheFuture = "INSERT INTO __ef_migrations_history VALUES ('29991231000000_FromTheFuture', '10')";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_database_gets_its_schema_and_a_current_one_is_left()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);

        Assert.Contains("Applied", await RunAsync(database), StringComparison.Ordinal);
        // A missing migration would have been refused now.
        await database.ExecuteAsync(FromTheFuture, Token);
        Assert.DoesNotContain("Applied", await RunAsync(database), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_preflight_refuses_stops_the_start_and_says_the_way_out()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { }).RollbackAsync(to: null, Token);
        await database.ExecuteAsync(FromTheFuture, Token);
        var before = await AppliedAsync(database);

        var refused = await Assert.ThrowsAsync<CommandException>(() => RunAsync(database));

        Assert.Contains("29991231000000_FromTheFuture", refused.Message, StringComparison.Ordinal);
        Assert.Contains("nothing was changed", refused.Message, StringComparison.Ordinal);
        Assert.Contains("kyozo db migrate --force", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await AppliedAsync(database));
    }

    static async Task<string> RunAsync(TestDatabase database)
    {
        using var said = new StringWriter();
        await new SchemaUpdate(database.Admin, PostgresFixture.Passwords, TimeProvider.System, new ProgressLines(said)).RunAsync(Token);
        return said.ToString();
    }

    static Task<long> AppliedAsync(TestDatabase database) => database.ReadAsync<long>("SELECT count(*) FROM __ef_migrations_history", Token);
}
