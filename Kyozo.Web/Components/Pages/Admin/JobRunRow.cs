using Kyozo.Data;
using Kyozo.Data.Scheduling;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Admin;

/// <summary>A run of a job as lists show it.</summary>
public sealed record JobRunRow(Guid Id, string JobName, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, bool? Succeeded, string? Outcome, string Node, string? By);

/// <summary>Reads runs as rows, newest first.</summary>
public static class JobRunRows
{
    public static Task<List<JobRunRow>> ReadAsync(
        KyozoContext db, Func<IQueryable<JobRun>, IQueryable<JobRun>> which, int count, CancellationToken cancellationToken) => (
        from run in which(db.JobRuns.AsNoTracking())
        join user in db.Users on run.RequestedBy equals user.Id into users
        from user in users.DefaultIfEmpty()
        orderby run.StartedAt descending
        select new JobRunRow(run.Id, run.JobName, run.StartedAt, run.FinishedAt, run.Succeeded, run.Outcome, run.Node, user.DisplayName))
        .Take(count).ToListAsync(cancellationToken);
}
