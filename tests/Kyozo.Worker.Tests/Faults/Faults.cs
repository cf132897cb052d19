using Kyozo.Data.Scheduling;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Worker.Tests.Faults;

/// <summary>What the fault tests share.</summary>
static class Faults
{
    /// <summary>SAFETY's bound for "goes on by itself", with room for a loaded machine.</summary>
    public static readonly TimeSpan Recovery = TimeSpan.FromSeconds(60);

    /// <summary>How often a fault is repeated.</summary>
    public static int Rounds { get; } = Extent.Of(2, 10, "KYOZO_TEST_ROUNDS");

    /// <summary>Waits until a job that began after a moment has ended well; the database may still be coming back.</summary>
    public static Task JobRanAsync(TestDatabase database, string job, DateTimeOffset since, CancellationToken cancellationToken) =>
        Eventually.TrueAsync($"{job} runs again", Recovery, async () =>
        {
            try
            {
                await using var db = database.OpenAsAdmin();
                return await db.Set<JobRun>().AnyAsync(run => run.JobName == job && run.StartedAt > since && run.Succeeded == true, cancellationToken);
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException { InnerException: NpgsqlException })
            {
                return false;
            }
        }, cancellationToken);
}
