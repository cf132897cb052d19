using Kyozo.Testing;

namespace Kyozo.Cli.Tests.Commands;

/// <summary><c>kyozo db</c> as a person runs it: its own process, real PostgreSQL.</summary>
public sealed class DbCommandTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migrate_status_verify_and_rollback_tell_what_they_did()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);

        Assert.Contains("missing  20261123000001_CreateCoreTables", (await KyozoAsync(database.Admin, "db", "status")).Output, StringComparison.Ordinal);
        Assert.Contains("applying CreateTopologyDetections", (await KyozoAsync(database.Admin, "db", "migrate", "--to", "CreateServiceInstances")).Succeeded(), StringComparison.Ordinal);
        Assert.Equal(1, (await KyozoAsync(database.Admin, "db", "status")).ExitCode);
        Assert.Equal(1, (await KyozoAsync(database.Admin, "db", "verify")).ExitCode);

        (await KyozoAsync(database.Admin, "db", "migrate")).Succeeded();
        (await KyozoAsync(database.Admin, "db", "status")).Succeeded();
        Assert.Matches(@"ok\s+role: 6", (await KyozoAsync(database.Admin, "db", "verify")).Succeeded());

        Assert.Contains("taking back", (await KyozoAsync(database.Admin, "db", "rollback")).Succeeded(), StringComparison.Ordinal);
        var verify = await KyozoAsync(database.Admin, "db", "verify");
        Assert.Equal(1, verify.ExitCode);
        Assert.Contains("failed", verify.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Psql_acts_as_the_owner_and_as_administrator_on_request()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);

        Assert.Equal("kyozo_owner|1\n", (await KyozoAsync(database.Admin, "db", "psql", "--", "-Atc", "SELECT current_user, count(*) FROM teams")).Succeeded());
        Assert.NotEqual("kyozo_owner\n", (await KyozoAsync(database.Admin, "db", "psql", "--admin", "--", "-Atc", "SELECT current_user")).Succeeded());

        var refused = await KyozoAsync(database.Admin, "db", "psql", "--", "-c",
            "INSERT INTO service_instances (id, name, folder_path, service_type, workspace_id, team_id) VALUES (uuid_generate_v4(), 'test', '/path', 'invalid_type', uuid_generate_v4(), uuid_generate_v4());");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("valid_service_type", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=x", "PostgreSQL does not answer at 127.0.0.1:1: Connection refused. Start it with: kyozo up")]
    [InlineData("Bla=1", "The connection string is not valid")]
    [InlineData(null, "No database is known. Start Kyozo with `kyozo up`")]
    public async Task What_does_not_work_is_said_with_the_way_out(string? connection, string message)
    {
        var result = await KyozoAsync(connection, "db", "status");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_sign_in_and_a_missing_database_are_said_plainly()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        Assert.Contains("refused the sign-in", (await KyozoAsync(database.Portal + ";Password=wrong", "db", "status")).Error, StringComparison.Ordinal);
        Assert.Contains("does not exist", (await KyozoAsync(database.Admin + ";Database=nowhere", "db", "status")).Error, StringComparison.Ordinal);

        var refused = await KyozoAsync(database.Portal, "db", "migrate");
        Assert.Contains("kyozo_portal may not act as kyozo_owner", refused.Output, StringComparison.Ordinal);
        Assert.Contains("nothing was changed", refused.Error, StringComparison.Ordinal);
        Assert.Contains("administrator's connection", (await KyozoAsync(database.Portal, "db", "migrate", "--force")).Error, StringComparison.Ordinal);
    }

    static Task<CommandResult> KyozoAsync(string? connection, params string[] arguments) =>
        Command.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "kyozo.dll"), .. arguments], Token, new Dictionary<string, string?>
        {
            ["ConnectionStrings__kyozodb"] = connection,
            ["ConnectionStrings__kyozodb_admin"] = null,
            ["KYOZO_HOME"] = Path.Combine(AppContext.BaseDirectory, "no-home"),
        });
}
