using System.Text;
using System.Text.Json;
using Kyozo.Data.ServiceInstances;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

/// <summary>JSON from outside is bounded before it reaches the database, and by the database (SAFETY A-73).</summary>
public sealed class JsonTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Fifty_megabytes_are_refused_before_the_database()
    {
        var config = new DeploymentConfig { StartCommand = new string('x', 50 << 20) };
        Assert.Contains("3,145,728 can be kept", Assert.Throws<JsonTooLargeException>(() => KyozoJson.Column(config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_thousand_keys_are_refused_before_the_database()
    {
        var config = new DeploymentConfig { Environment = Enumerable.Range(0, 100_000).ToDictionary(n => $"A_VARIABLE_WITH_A_NAME_{n}", n => "value") };
        Assert.Throws<JsonTooLargeException>(() => KyozoJson.Column(config));
    }

    [Theory]
    [InlineData("""{"framework": "a", "framework": "b"}""")]
    [InlineData("""{"framework": NaN}""")]
    [InlineData("""{"environment": {"A": Infinity}}""")]
    [InlineData("{\"framework\": \"a\u0000b\"}")]
    public void What_is_no_plain_JSON_is_not_read(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<DeploymentConfig>(json, KyozoJson.Compact));

    [Fact]
    public void A_depth_of_a_thousand_is_not_read()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 1000)) + "1" + new string('}', 1000);
        Assert.Contains("depth", Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<JsonElement>(deep, KyozoJson.Compact)).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("a\0b", "a\uFFFDb")]
    [InlineData("\0", "\uFFFD")]
    [InlineData(@"C:\u0000", @"C:\u0000")]
    [InlineData("\\\0", "\\\uFFFD")]
    [InlineData("plain", "plain")]
    public async Task A_NUL_that_jsonb_does_not_know_is_replaced(string value, string stored)
    {
        var json = KyozoJson.Column(new DeploymentConfig { StartCommand = value });
        await using var connection = new NpgsqlConnection(fixture.Database.Admin);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand("SELECT $1::jsonb ->> 'startCommand'", connection) { Parameters = { new() { Value = json } } };
        Assert.Equal(stored, await command.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task The_database_refuses_what_comes_around_the_program()
    {
        var service = await A.ServiceAsync(fixture.Database, await A.WorkspaceAsync(fixture.Database, await A.TeamAsync(fixture.Database, Token), Token), Token);
        const string set = "UPDATE service_instances SET deployment_config = $1::jsonb WHERE id = $2";
        async Task<PostgresException> RefusedAsync(string json) => await fixture.RefusedAsync(fixture.Database.Worker, null, set, json, service.Id);

        var keys = new StringBuilder("{").AppendJoin(',', Enumerable.Range(0, 100_000).Select(n => $"\"{n}\":1")).Append('}').ToString();
        Assert.Equal("deployment_config_size", (await RefusedAsync(keys)).ConstraintName);
        Assert.Equal("deployment_config_size", (await RefusedAsync($"\"{new string('x', 50 << 20)}\"")).ConstraintName);
        Assert.Equal(PostgresErrorCodes.UntranslatableCharacter, (await RefusedAsync("""{"a": "\u0000"}""")).SqlState);
        Assert.Equal(PostgresErrorCodes.InvalidTextRepresentation, (await RefusedAsync("""{"a": NaN}""")).SqlState);
    }
}
