using Kyozo.Data.Scheduling;
using Kyozo.Testing;
using Kyozo.Web.Components.Pages.Admin;

namespace Kyozo.Web.Tests.Components;

public sealed class JobRunRowsTests(PostgresFixture postgres)
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_newest_run_of_a_job_is_found_with_who_asked_for_it()
    {
        await using var database = await postgres.CreateDatabaseAsync(Cancelled);
        var ada = await A.UserAsync(database, null, Cancelled);
        var now = TimeProvider.System.GetUtcNow();
        await using var db = database.OpenAsAdmin();
        db.AddRange(
            new JobRun { Id = A.Id(), JobName = "archive", StartedAt = now.AddHours(-1), Succeeded = false, Node = "one" },
            new JobRun { Id = A.Id(), JobName = "archive", StartedAt = now, Succeeded = true, Node = "two", RequestedBy = ada.Id },
            new JobRun { Id = A.Id(), JobName = "other", StartedAt = now.AddMinutes(1), Node = "one" });
        await db.SaveChangesAsync(Cancelled);

        var newest = Assert.Single(await JobRunRows.ReadAsync(db, runs => runs.Where(run => run.JobName == "archive"), 1, Cancelled));
        Assert.Equal(("two", ada.DisplayName), (newest.Node, newest.By));
        Assert.Equal("one", Assert.Single(await JobRunRows.ReadAsync(db, runs => runs.Where(run => run.Succeeded == false), 50, Cancelled)).Node);
    }
}
