using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Web.Components.Shared;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Events;

/// <summary>What the audit page shows.</summary>
public sealed record AuditModel(
    TrailPage Page, IReadOnlyList<AuditModel.Choice> Services, IReadOnlyList<AuditModel.Choice> People, IReadOnlyList<string> Actions, bool MayVerify, bool MayVerifyAll)
{
    const int PageSize = 100;

    /// <summary>Something to filter by.</summary>
    public sealed record Choice(Guid Id, string Name);

    public static async Task<AuditModel> ReadAsync(KyozoContext db, Authorization.Person person, TrailFilter filter, TrailPlace? before, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var services = await db.ServiceInstances.AsNoTracking().Where(service => service.TeamId == person.Team.Id).OrderBy(service => service.Name).Select(service => new Choice(service.Id, service.Name)).Take(2000).ToListAsync(cancellationToken);
        var people = await (
            from membership in db.TeamMemberships
            join user in db.Users on membership.UserId equals user.Id
            where membership.TeamId == person.Team.Id
            orderby user.DisplayName
            select new Choice(user.Id, user.DisplayName)).ToListAsync(cancellationToken);
        var actions = filter.OfServices
            ? Enum.GetValues<EventType>().Select(Say.Word).ToList()
            : await ActionsAsync(db, cancellationToken);
        var page = await TrailSearch.ReadAsync(db, person, filter, before, now, PageSize, cancellationToken);
        return new(page, services, people, actions, person.IsAdmin, person.IsInstallationAdmin);
    }

    // DISTINCT would read the whole trail; this steps through the index from each action to the next.
    static Task<List<string>> ActionsAsync(KyozoContext db, CancellationToken cancellationToken) =>
        db.Database.SqlQuery<string>($"""
            WITH RECURSIVE known AS (
                (SELECT action FROM audit_events ORDER BY action LIMIT 1)
                UNION ALL
                SELECT (SELECT later.action FROM audit_events later WHERE later.action > known.action ORDER BY later.action LIMIT 1) FROM known WHERE known.action IS NOT NULL
            )
            SELECT action FROM known WHERE action IS NOT NULL
            """).ToListAsync(cancellationToken);
}
