using Kyozo.Data;
using Kyozo.Data.Health;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Kyozo.Engine.Retention;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Kyozo.Engine.Tests.Retention;

public sealed class PartitionAlarmTests(PostgresFixture postgres) : IAsyncLifetime
{
    TestDatabase _database = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await postgres.CreateDatabaseAsync(Stop);

    [Fact]
    public async Task A_write_outside_of_the_prepared_days_fails_and_is_told()
    {
        var service = await A.ServiceAsync(_database, await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Stop), Stop), Stop);
        await using var services = Services(TimeProvider.System);
        for (var i = 0; i < 2; i++)
        {
            await using var db = await services.GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContextAsync(Stop);
            db.Add(new HealthCheck { Id = A.Id(), TeamId = service.TeamId, ServiceInstanceId = service.Id, CheckType = CheckType.Tcp, Status = CheckStatus.Healthy, CheckedAt = DateTimeOffset.UnixEpoch });
            await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync(Stop));
        }

        await using var look = _database.OpenAsAdmin();
        var missing = await look.MissingPartitions.SingleAsync(Stop);
        Assert.Equal(("health_checks", 2L), (missing.TableName, missing.Writes));
        Assert.Equal(["write_outside_partitions"], await look.AuditEvents.Where(e => e.TeamId == WellKnown.DefaultTeam).Select(e => e.Action).ToListAsync(Stop));
        var fault = Assert.Single((await new SchemaVerifier(_database.Admin, TimeProvider.System).VerifyAsync(Stop)), item => item.Fault is not null);
        Assert.Contains("refused 2 writes", fault.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Days_that_run_short_are_told_once_a_day()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(Partitions.DaysAhead - 3));
        await using var services = Services(clock);
        var alarm = services.GetRequiredService<PartitionAlarm>();

        Assert.Equal(Partitions.Tables.Keys.Select(_ => 3), (await alarm.CheckAsync(Stop)).Select(reach => reach.DaysAhead));
        await _database.ExecuteAsync($"UPDATE audit_events SET occurred_at = '{clock.GetUtcNow():O}'", Stop);
        await alarm.CheckAsync(Stop);

        await using var look = _database.OpenAsAdmin();
        Assert.Equal(Partitions.Tables.Count, await look.AuditEvents.CountAsync(e => e.Action == "partitions_short", Stop));
        Assert.Contains(await new SchemaVerifier(_database.Admin, clock).VerifyAsync(Stop), item => item is { Kind: "days ahead", Name: "service_metrics", Fault: not null });
    }

    [Fact]
    public async Task Days_enough_are_no_alarm()
    {
        await using var services = Services(TimeProvider.System);

        Assert.Empty(await services.GetRequiredService<PartitionAlarm>().CheckAsync(Stop));
    }

    [Fact]
    public async Task A_gap_counts_as_the_end_of_the_days()
    {
        await using var services = Services(TimeProvider.System);
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        await _database.ExecuteAsync($"DROP TABLE {Partitions.NameOf("health_checks", today.AddDays(2))}", Stop);

        Assert.Equal([new("health_checks", 1)], await services.GetRequiredService<PartitionAlarm>().CheckAsync(Stop));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    ServiceProvider Services(TimeProvider clock) => new ServiceCollection().AddLogging().AddSingleton(clock)
        .AddKyozoData(_database.Worker, "alarm tests").AddRetention(new ConfigurationBuilder().Build()).BuildServiceProvider();
}
