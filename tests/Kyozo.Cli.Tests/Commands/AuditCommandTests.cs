using System.Text.Json;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;

namespace Kyozo.Cli.Tests.Commands;

/// <summary><c>kyozo audit verify</c> as a person runs it.</summary>
public sealed class AuditCommandTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verify_tells_a_whole_trail_and_names_the_first_row_of_one_that_is_not()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var service = await A.ServiceAsync(database, await A.WorkspaceAsync(database, new Team { Id = WellKnown.DefaultTeam, Name = "", Slug = "" }, Token), Token, "web");
        await database.ExecuteAsync($"SELECT append_event(uuid_generate_v4(), '{service.TeamId}', '{service.Id}', 'service_started', '{{}}') FROM generate_series(1, 5)", Token);

        var whole = await KyozoAsync(database, "audit", "verify");
        Assert.Contains("The trail is whole: 5 rows in 1 chain", whole.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("What cannot be seen: 5 rows", whole.Output, StringComparison.Ordinal);
        Assert.Contains("Nothing was ever anchored", whole.Output, StringComparison.Ordinal);

        await database.ExecuteAsync("DELETE FROM deployment_events WHERE sequence_num = 2", Token);

        var cut = await KyozoAsync(database, "audit", "verify", "--team", "default");
        Assert.Equal(1, cut.ExitCode);
        Assert.Contains("deployment_events: service web of team", cut.Output, StringComparison.Ordinal);
        Assert.Contains("number 2", cut.Output, StringComparison.Ordinal);
        var json = await KyozoAsync(database, "audit", "verify", "--json");
        Assert.Equal(1, json.ExitCode);
        Assert.Equal("number_missing", JsonDocument.Parse(json.Output).RootElement.GetProperty("first").GetProperty("kind").GetString());
        Assert.Contains("There is no team nobody", (await KyozoAsync(database, "audit", "verify", "--team", "nobody")).Error, StringComparison.Ordinal);
    }

    static Task<CommandResult> KyozoAsync(TestDatabase database, params string[] arguments) =>
        Command.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "kyozo.dll"), .. arguments], Token, new Dictionary<string, string?>
        {
            ["ConnectionStrings__kyozodb"] = database.Admin,
            ["KYOZO_HOME"] = Path.Combine(AppContext.BaseDirectory, "no-home"),
        });
}
