using System.Globalization;
using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Web.Authorization;
using Kyozo.Web.Components.Shared;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Events;

/// <summary>A page of the trail, newest first.</summary>
/// <param name="Lines">Its lines.</param>
/// <param name="Older">Where the next page begins, or null at the beginning of the trail.</param>
/// <param name="SearchedTo">The search took long and stopped here; <paramref name="Older"/> goes on.</param>
public sealed record TrailPage(IReadOnlyList<EventLine> Lines, TrailPlace? Older, DateTimeOffset? SearchedTo = null);

/// <summary>
/// Reads live table and archive as one, backwards in windows that widen until the page is full: each has a lower bound as a parameter, so that only the days
/// asked for are opened. Messages of failures quote what programs printed: they are shown, and searched, only where the person holds <c>view_logs</c>.
/// </summary>
public static class TrailSearch
{
    static readonly int[] Days = [1, 7, 30, 90, 365];
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    static readonly DateTimeOffset Beginning = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static async Task<TrailPage> ReadAsync(
        KyozoContext db, Person person, TrailFilter filter, TrailPlace? before, DateTimeOffset now, int count, CancellationToken cancellationToken)
    {
        // The database's clock may be ahead of ours.
        var until = filter.To is { } to ? Start(to.AddDays(1)) : now.AddDays(1);
        var place = before is not null && before.At < until ? before : new(until, Guid.Empty);
        var bottom = filter.From is { } from ? Start(from) : Beginning;
        var readable = await ReadableAsync(db, person, cancellationToken);
        var (began, lines) = (TimeProvider.System.GetTimestamp(), new List<EventLine>());
        foreach (var lower in Days.Select(days => place.At.AddDays(-days)).Append(bottom))
        {
            var since = lower < bottom ? bottom : lower;
            lines.AddRange(await WindowAsync(db, filter, readable, since, place, count + 1 - lines.Count, cancellationToken));
            if (lines.Count > count) return new(lines[..count], new(lines[count - 1].At, lines[count - 1].Id));
            if (since == bottom) break;
            place = new(since, Guid.Empty);
            if (TimeProvider.System.GetElapsedTime(began) > Patience) return new(lines, place, since);
        }

        return new(lines, null);
    }

    static Task<List<EventLine>> WindowAsync(
        KyozoContext db, TrailFilter filter, Guid[]? readable, DateTimeOffset since, TrailPlace place, int count, CancellationToken cancellationToken) =>
        filter.OfServices
            ? ServicesAsync(db, filter, readable, since, place, count, cancellationToken)
            : PeopleAsync(db, filter, since, place, count, cancellationToken);

    /// <returns>Services whose messages the person may read; null: all.</returns>
    static async Task<Guid[]?> ReadableAsync(KyozoContext db, Person person, CancellationToken cancellationToken) => person.IsAdmin
        ? null
        : await db.ServicePermissions.Where(p => p.UserId == person.Id && p.TeamId == person.Team.Id && p.PermissionType == PermissionType.ViewLogs && p.RevokedAt == null)
            .Select(p => p.ServiceInstanceId).Distinct().ToArrayAsync(cancellationToken);

    static async Task<List<EventLine>> ServicesAsync(
        KyozoContext db, TrailFilter filter, Guid[]? readable, DateTimeOffset since, TrailPlace place, int count, CancellationToken cancellationToken)
    {
        var (all, some) = (readable is null, readable ?? []);
        object?[] values = [since, place.At, place.Id, filter.Text, all, some];
        // Each table by itself: read as one, its days would not be known to be in order, and every one of them would be read and sorted.
        var live = await LinesAsync(db, filter, all, some, db.DeploymentEvents.FromSqlRaw("SELECT * FROM deployment_events e WHERE " + InWindow, values!), count, cancellationToken);
        // Asked after the live table: a day that moves meanwhile is in what was read, and in the archive once more.
        if (since >= await OldestLiveDayAsync(db, cancellationToken)) return live;
        var archived = await LinesAsync(db, filter, all, some, db.DeploymentEvents.FromSqlRaw("SELECT * FROM deployment_events_archive e WHERE " + InWindow, values!), count, cancellationToken);
        return archived.Count == 0 ? live : [.. live.Concat(archived).DistinctBy(line => line.Id).OrderByDescending(line => (line.At, line.Id)).Take(count)];
    }

    // Days leave the live table oldest first, so the archive ends where it begins. The catalog says where that is, whatever limits were in force.
    static async Task<DateTimeOffset?> OldestLiveDayAsync(KyozoContext db, CancellationToken cancellationToken)
    {
        var day = await db.Database.SqlQuery<string?>(
            $"""
            SELECT min(right(day.relname, 8)) AS "Value" FROM pg_inherits part JOIN pg_class day ON day.oid = part.inhrelid WHERE part.inhparent = 'deployment_events'::regclass
            """).SingleAsync(cancellationToken);
        return DateOnly.TryParseExact(day, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var oldest) ? Start(oldest) : null;
    }

    const string InWindow =
        """
        e.occurred_at >= {0} AND e.occurred_at <= {1} AND (e.occurred_at, e.id) < ({1}, {2})
        AND ({3}::text IS NULL OR strpos(lower(e.event_data::text), lower({3}::text)) > 0 OR strpos(e.event_type, replace(lower({3}::text), ' ', '_')) > 0
          OR e.service_instance_id IN (SELECT s.id FROM service_instances s WHERE strpos(lower(s.name), lower({3}::text)) > 0)
          OR ({4} OR e.service_instance_id = ANY ({5})) AND strpos(lower(e.error_message), lower({3}::text)) > 0)
        """;

    static async Task<List<EventLine>> LinesAsync(
        KyozoContext db, TrailFilter filter, bool all, Guid[] some, IQueryable<DeploymentEvent> found, int count, CancellationToken cancellationToken)
    {
        var type = filter.EventType;
        var rows = await (
            from happened in found.AsNoTracking()
            where (filter.Service == null || happened.ServiceInstanceId == filter.Service) && (filter.Actor == null || happened.UserId == filter.Actor) && (type == null || happened.EventType == type)
            join instance in db.ServiceInstances on happened.ServiceInstanceId equals instance.Id
            join user in db.Users on happened.UserId equals user.Id into users
            from user in users.DefaultIfEmpty()
            orderby happened.OccurredAt descending, happened.Id descending
            select new { Event = happened, instance.Name, instance.DeletedAt, Actor = (string?)user.DisplayName }).Take(count).ToListAsync(cancellationToken);
        return rows.ConvertAll(row =>
        {
            var mayRead = all || some.Contains(row.Event.ServiceInstanceId);
            return new EventLine(
                row.Event.Id, row.Event.OccurredAt, Say.Word(row.Event.EventType), row.Name, row.DeletedAt is null ? $"/s/{row.Event.ServiceInstanceId}" : null, row.Actor,
                row.Event.EventData, mayRead ? row.Event.ErrorMessage : null, row.Event.DurationMs, row.Event.SequenceNum,
                row.Event.ServiceInstanceId, row.Event.UserId, ErrorHidden: !mayRead && row.Event.ErrorMessage is not null, Convert.ToHexStringLower(row.Event.Hash));
        });
    }

    static async Task<List<EventLine>> PeopleAsync(
        KyozoContext db, TrailFilter filter, DateTimeOffset since, TrailPlace place, int count, CancellationToken cancellationToken)
    {
        var text = filter.Text;
        var found = db.AuditEvents.FromSql(
            $"""
            SELECT * FROM audit_events e
            WHERE e.occurred_at >= {since} AND e.occurred_at <= {place.At} AND (e.occurred_at, e.id) < ({place.At}, {place.Id})
              AND ({text}::text IS NULL OR strpos(lower(e.data::text), lower({text})) > 0 OR strpos(e.action, replace(lower({text}), ' ', '_')) > 0 OR strpos(lower(e.target_type), lower({text})) > 0)
            """);
        var rows = await (
            from happened in found.AsNoTracking()
            where (filter.Service == null || happened.TargetId == filter.Service) && (filter.Actor == null || happened.ActorId == filter.Actor) && (filter.Action == null || happened.Action == filter.Action)
            join user in db.Users on happened.ActorId equals user.Id into users
            from user in users.DefaultIfEmpty()
            join instance in db.ServiceInstances on happened.TargetId equals instance.Id into instances
            from instance in instances.DefaultIfEmpty()
            join person in db.Users on happened.TargetId equals person.Id into persons
            from person in persons.DefaultIfEmpty()
            orderby happened.OccurredAt descending, happened.Id descending
            select new { Event = happened, Actor = (string?)user.DisplayName, Service = (string?)instance.Name, Person = (string?)person.DisplayName }).Take(count).ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new EventLine(
            row.Event.Id, row.Event.OccurredAt, row.Event.Action, row.Service ?? row.Person ?? row.Event.TargetType, row.Event.TargetType == "service" ? $"/s/{row.Event.TargetId}" : null,
            row.Actor, row.Event.Data, null, null, row.Event.SequenceNum, row.Event.TargetId, row.Event.ActorId, false, Convert.ToHexStringLower(row.Event.Hash)));
    }

    static DateTimeOffset Start(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
