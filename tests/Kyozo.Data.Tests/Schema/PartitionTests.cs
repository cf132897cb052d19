using Kyozo.Data.Schema;
using Kyozo.Testing;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

public sealed class PartitionTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_days_to_come_are_made_once_by_however_many_workers()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(30));
        await using var first = new MaintenanceDataSource(fixture.Database.Maintenance);
        await using var second = new MaintenanceDataSource(fixture.Database.Maintenance);

        // The pooled connection is used again: its role must not be lost.
        await using (await first.OpenAsync(Token)) { }
        var made = await Task.WhenAll(new Partitions(first, clock).EnsureAsync(Token), new Partitions(second, TimeProvider.System).EnsureAsync(Token));
        Assert.Equal(Partitions.Tables.Count * (Partitions.DaysAhead + 2), made[0].Count);
        Assert.Empty(made[1]);
        Assert.Empty(await new Partitions(second, clock).EnsureAsync(Token));

        var day = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var partition = Partitions.NameOf("health_checks", day);
        Assert.Equal("kyozo_owner", await fixture.Database.ReadAsync<string>($"SELECT relowner::regrole::text FROM pg_class WHERE relname = '{partition}'", Token));
        Assert.True(await fixture.Database.ReadAsync<bool>($"SELECT relforcerowsecurity AND relacl IS NULL FROM pg_class WHERE relname = '{partition}'", Token));
        var verified = await new SchemaVerifier(fixture.Database.Admin, clock).VerifyAsync(Token);
        Assert.DoesNotContain(verified, item => item.Fault is not null && item.Name != "");
    }

    [Fact]
    public async Task A_partition_has_the_indexes_checks_and_foreign_keys_of_its_table()
    {
        var partition = Partitions.NameOf("deployment_events", DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime));
        const string indexes = "SELECT count(*) FROM pg_index WHERE indrelid = '{0}'::regclass";
        Assert.Equal(await CountAsync(indexes, "deployment_events"), await CountAsync(indexes, partition));
        const string constraints = "SELECT count(*) FROM pg_constraint WHERE conrelid = '{0}'::regclass";
        Assert.Equal(await CountAsync(constraints, "deployment_events") + 1, await CountAsync(constraints, partition));
    }

    [Fact]
    public async Task A_row_of_a_day_without_a_partition_is_refused()
    {
        var service = await A.ServiceAsync(fixture.Database, await A.WorkspaceAsync(fixture.Database, await A.TeamAsync(fixture.Database, Token), Token), Token);
        var refused = await fixture.RefusedAsync(fixture.Database.Worker, null,
            $"INSERT INTO health_checks (id, team_id, service_instance_id, check_type, status, checked_at) VALUES ('{A.Id()}', '{service.TeamId}', '{service.Id}', 'http', 'healthy', '2001-01-01')");
        Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
    }

    [Theory]
    [InlineData("cpu", "1.5")]
    [InlineData("cpu", "-0.1")]
    [InlineData("requests", "-1")]
    [InlineData("network", "'NaN'")]
    [InlineData("network", "'Infinity'")]
    public async Task A_value_that_cannot_be_is_refused(string type, string value)
    {
        var service = await A.ServiceAsync(fixture.Database, await A.WorkspaceAsync(fixture.Database, await A.TeamAsync(fixture.Database, Token), Token), Token);
        var refused = await fixture.RefusedAsync(fixture.Database.Worker, null,
            $"INSERT INTO service_metrics (id, team_id, service_instance_id, metric_type, value, unit, recorded_at) VALUES ('{A.Id()}', '{service.TeamId}', '{service.Id}', '{type}', {value}, 'x', now())");
        Assert.Equal("valid_value", refused.ConstraintName);
    }

    Task<long> CountAsync(string sql, string table) => fixture.Database.ReadAsync<long>(string.Format(null, sql, table), Token);
}
