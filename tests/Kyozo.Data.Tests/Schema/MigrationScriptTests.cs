using Kyozo.Data.Schema;
using Kyozo.Testing;

namespace Kyozo.Data.Tests.Schema;

/// <summary><c>kyozo db migrate --sql</c>, run by psql as it is printed.</summary>
public sealed class MigrationScriptTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("CreateCoreTables")]
    [InlineData("CreateHealthChecks")]
    [InlineData("AddServiceFieldsToFiles")]
    public async Task The_script_makes_the_same_schema_as_the_migrator_from_nothing_and_from_a_part(string? already)
    {
        await using var expected = await postgres.CreateDatabaseAsync(Token);
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        if (already is not null) await MigratorOf(database).MigrateAsync(already, Token);

        var script = MigrationScript.Create(to: null, statementTimeout: null, TimeProvider.System);
        (await PsqlAsync(database, script)).Succeeded();
        Assert.Equal(await PgDump.SchemaAsync(expected, Token), await PgDump.SchemaAsync(database, Token));

        var again = (await PsqlAsync(database, script)).Succeeded();
        Assert.DoesNotContain("applying", again, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_script_ends_at_the_migration_that_is_named_and_the_migrator_goes_on_from_there()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var script = MigrationScript.Create("CreateServiceInstances", TimeSpan.FromMinutes(5), TimeProvider.System);

        Assert.Contains("SET statement_timeout = 300000;", script, StringComparison.Ordinal);
        (await PsqlAsync(database, script)).Succeeded();

        var states = await MigratorOf(database).ReadStatusAsync(Token);
        Assert.Equal("CreateServiceInstances", states.Last(state => state.Applied).Name);
        await MigratorOf(database).MigrateAsync(to: null, Token);
        Assert.DoesNotContain(await new SchemaVerifier(database.Admin, TimeProvider.System).VerifyAsync(Token), item => item.Fault is not null);
    }

    [Fact]
    public void An_unknown_migration_is_refused() =>
        Assert.Contains("CreateSomething", Assert.Throws<SchemaException>(() => MigrationScript.Create("CreateSomething", null, TimeProvider.System)).Message, StringComparison.Ordinal);

    static Migrator MigratorOf(TestDatabase database) => new(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { });

    static Task<CommandResult> PsqlAsync(TestDatabase database, string script) => PgDump.RunAsync("psql", database.Admin, ["-X", "-q"], script, Token);
}
