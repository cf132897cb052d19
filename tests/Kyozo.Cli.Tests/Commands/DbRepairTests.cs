using System.Text.Json;
using Kyozo.Testing;

namespace Kyozo.Cli.Tests.Commands;

/// <summary><c>kyozo db preflight</c>, <c>verify</c> and <c>repair</c> as a person meets them.</summary>
public sealed class DbRepairTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Preflight_prints_lines_and_json_and_migrate_refuses_what_it_refuses()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        Assert.Matches(@"ok\s+server: PostgreSQL \d+", (await KyozoAsync(database, "db", "preflight")).Succeeded());
        using (var json = JsonDocument.Parse((await KyozoAsync(database, "db", "preflight", "--json")).Succeeded()))
            Assert.Contains(json.RootElement.EnumerateArray(), line => line.GetProperty("check").GetString() == "rights" && line.GetProperty("level").GetString() == "ok");

        await database.ExecuteAsync("CREATE TABLE files (id int)", Token);
        var preflight = await KyozoAsync(database, "db", "preflight");
        Assert.Equal(1, preflight.ExitCode);
        Assert.Contains("tables of another program are in the way: files", preflight.Output, StringComparison.Ordinal);

        var refused = await KyozoAsync(database, "db", "migrate");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("nothing was changed", refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, await database.ReadAsync<long>("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", Token));

        Assert.Contains("\"files\" already exists", (await KyozoAsync(database, "db", "migrate", "--force")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Repair_says_what_it_found_mends_it_after_a_yes_and_verify_is_content()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        Assert.Equal("Nothing to repair.\n", (await KyozoAsync(database, "db", "repair")).Succeeded());

        await ManyRows.FillAsync(database, Token);
        await database.ExecuteAsync("ALTER TABLE service_instances DROP CONSTRAINT valid_service_type; UPDATE service_instances SET service_type = 'fortran' WHERE name IN ('service-1', 'service-2')", Token);
        Assert.Contains("failed  constraint enforced valid_service_type: does not refuse", (await KyozoAsync(database, "db", "verify")).Output, StringComparison.Ordinal);

        var asked = await KyozoAsync(database, "db", "repair");
        Assert.Equal(1, asked.ExitCode);
        Assert.Contains("2 rows break it", asked.Output, StringComparison.Ordinal);
        Assert.Contains("--yes", asked.Error, StringComparison.Ordinal);
        Assert.Equal(2, await database.ReadAsync<long>("SELECT count(*) FROM service_instances WHERE service_type = 'fortran'", Token));

        Assert.Contains("Mended 1, 2 rows changed", (await KyozoAsync(database, "db", "repair", "--yes")).Succeeded(), StringComparison.Ordinal);
        Assert.Equal(2, await database.ReadAsync<long>("SELECT count(*) FROM service_instances WHERE service_type = 'custom'", Token));
        (await KyozoAsync(database, "db", "verify")).Succeeded();
    }

    static Task<CommandResult> KyozoAsync(TestDatabase database, params string[] arguments) =>
        Command.RunAsync(Path.Combine(AppContext.BaseDirectory, "kyozo"), arguments, Token, new Dictionary<string, string?> { ["ConnectionStrings__kyozodb"] = database.Admin });
}
