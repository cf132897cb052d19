using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Web.Components.Shared;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Events;

/// <summary>What is asked of the trail; all of it stands in the URL.</summary>
public sealed record AuditFilter(string Trail, Guid? Service, Guid? Actor, string? Action, int Count);

/// <summary>What the audit page shows.</summary>
public sealed record AuditModel(
    IReadOnlyList<EventLine> Lines, bool More, IReadOnlyList<AuditModel.Choice> Services, IReadOnlyList<AuditModel.Choice> People, IReadOnlyList<string> Actions)
{
    /// <summary>Something to filter by.</summary>
    public sealed record Choice(Guid Id, string Name);

    public static async Task<AuditModel> ReadAsync(KyozoContext db, Authorization.Person person, AuditFilter filter, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var services = await db.ServiceInstances.AsNoTracking().OrderBy(service => service.Name).Select(service => new Choice(service.Id, service.Name)).Take(2000).ToListAsync(cancellationToken);
        var people = await (
            from membership in db.TeamMemberships
            join user in db.Users on membership.UserId equals user.Id
            where membership.TeamId == person.Team.Id
            orderby user.DisplayName
            select new Choice(user.Id, user.DisplayName)).ToListAsync(cancellationToken);
        var ofServices = filter.Trail == "services";
        var lines = ofServices
            ? await ServiceEvents.ReadAsync(db, filter.Service, EventTypeOf(filter.Action), now, filter.Count + 1, cancellationToken)
            : await PeopleAsync(db, filter, services, people, cancellationToken);
        var actions = ofServices
            ? Enum.GetValues<EventType>().Select(Say.Word).ToList()
            : await db.AuditEvents.Select(happened => happened.Action).Distinct().OrderBy(action => action).ToListAsync(cancellationToken);
        return new(lines.Take(filter.Count).ToList(), lines.Count > filter.Count, services, people, actions);
    }

    static async Task<List<EventLine>> PeopleAsync(KyozoContext db, AuditFilter filter, List<Choice> services, List<Choice> people, CancellationToken cancellationToken)
    {
        var names = services.Concat(people).DistinctBy(choice => choice.Id).ToDictionary(choice => choice.Id, choice => choice.Name);
        var rows = await (
            from happened in db.AuditEvents.AsNoTracking()
            join user in db.Users on happened.ActorId equals user.Id into users
            from user in users.DefaultIfEmpty()
            where (filter.Service == null || happened.TargetId == filter.Service) && (filter.Actor == null || happened.ActorId == filter.Actor) && (filter.Action == null || happened.Action == filter.Action)
            orderby happened.SequenceNum descending
            select new { Event = happened, Actor = (string?)user.DisplayName }).Take(filter.Count + 1).ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new EventLine(
            row.Event.Id, row.Event.OccurredAt, row.Event.Action, row.Event.TargetId is { } target && names.TryGetValue(target, out var name) ? name : row.Event.TargetType,
            row.Event.TargetType == "service" ? $"/s/{row.Event.TargetId}" : null, row.Actor, row.Event.Data, null, null, row.Event.SequenceNum));
    }

    static EventType? EventTypeOf(string? word) =>
        word is not null && Enum.TryParse<EventType>(word.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var type) ? type : null;
}
