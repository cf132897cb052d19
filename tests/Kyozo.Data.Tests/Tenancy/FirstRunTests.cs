using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Data.Tests.Tenancy;

public sealed class FirstRunTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_ten_people_at_the_same_moment_one_becomes_administrator_and_nine_leave_nothing_behind()
    {
        var firstRun = fixture.Portal.GetRequiredService<FirstRun>();
        Assert.True(await firstRun.IsOpenAsync(Token));

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(number => firstRun.CompleteAsync(
            new FirstPerson(A.Id(), $"ada{number}", $"ADA{number}", null, null, "Ada", "hash", "stamp"), "Blue team", Token)));

        Assert.Single(answers, won => won);
        Assert.False(await firstRun.IsOpenAsync(Token));
        await using var db = fixture.Database.OpenAsAdmin();
        var admin = await db.Users.SingleAsync(user => user.Id != WellKnown.Operator, Token);
        Assert.True(admin.IsInstallationAdmin);
        Assert.Equal("Blue team", (await db.Teams.SingleAsync(team => team.Id == WellKnown.DefaultTeam, Token)).Name);
        Assert.Equal(TeamRole.Owner, (await db.TeamMemberships.SingleAsync(m => m.UserId == admin.Id, Token)).Role);
        Assert.Equal("setup_completed", (await db.AuditEvents.SingleAsync(Token)).Action);
    }
}
