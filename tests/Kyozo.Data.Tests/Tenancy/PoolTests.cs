using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Data.Tests.Tenancy;

/// <summary>Many requests of two teams over few connections (SAFETY T4).</summary>
public sealed class PoolTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static readonly int Requests = Extent.Of(2000, 10_000, "KYOZO_TEST_POOL_REQUESTS");

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pooled_connection_never_keeps_the_actor_before_also_when_requests_break_off()
    {
        Actor?[] actors = [await ActorAsync(), await ActorAsync(), null];
        var small = new NpgsqlConnectionStringBuilder(fixture.Database.Portal) { MaxPoolSize = 2, Timeout = 120, ApplicationName = "pool of two" }.ConnectionString;
        await using var services = fixture.Database.BuildServices(small);
        var contexts = services.GetRequiredService<IDbContextFactory<KyozoContext>>();
        var current = services.GetRequiredService<CurrentActor>();
        var random = new Random(20261125);
        var plans = Enumerable.Range(0, Requests).Select(number => (Actor: actors[number % 3], Way: random.Next(10), Patience: random.Next(4))).ToList();
        var (looked, brokenOff) = (0, 0);
        TestContext.Current.TestOutputHelper!.WriteLine($"{Extent.AsRun}T4: {Requests:#,0} requests, 200 at once");

        await Parallel.ForEachAsync(plans, new ParallelOptions { MaxDegreeOfParallelism = 200, CancellationToken = Token }, async (plan, cancellationToken) =>
        {
            using var acting = current.Use(plan.Actor);
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            switch (plan.Way)
            {
                case 0:
                    // Fails inside a transaction.
                    await using (await db.Database.BeginTransactionAsync(cancellationToken))
                        await Assert.ThrowsAsync<PostgresException>(() => db.Database.ExecuteSqlAsync($"SELECT 1 / 0", cancellationToken));
                    return;
                case 1:
                    // Given up while it waits for a connection or for the answer, as a closed page does.
                    using (var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
                    {
                        patience.CancelAfter(TimeSpan.FromMilliseconds(plan.Patience));
                        try
                        {
                            await db.Database.ExecuteSqlAsync($"SELECT pg_sleep(0.005)", patience.Token);
                        }
                        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                        {
                            Interlocked.Increment(ref brokenOff);
                        }
                    }
                    return;
                case 2:
                    // Tries to be somebody else and gives the connection back like that.
                    await db.Database.OpenConnectionAsync(cancellationToken);
                    await db.Database.ExecuteSqlAsync($"SELECT set_config('app.team_id', {actors[0]!.TeamId.ToString()}, false)", cancellationToken);
                    return;
                default:
                    var teams = await db.ServiceInstances.Select(service => service.TeamId).Distinct().ToListAsync(cancellationToken);
                    Assert.Equal(plan.Actor is null ? [] : [plan.Actor.TeamId], teams);
                    Interlocked.Increment(ref looked);
                    return;
            }
        });

        Assert.True(looked > Requests / 2);
        Assert.True(brokenOff > 0, "no request was broken off");
    }

    async Task<Actor> ActorAsync()
    {
        var team = await A.TeamAsync(fixture.Database, Token);
        var user = await A.UserAsync(fixture.Database, team, Token);
        await A.ServiceAsync(fixture.Database, await A.WorkspaceAsync(fixture.Database, team, Token), Token);
        return new(user.Id, team.Id);
    }
}
