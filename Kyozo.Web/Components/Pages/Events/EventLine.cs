using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Web.Components.Shared;
using Microsoft.EntityFrameworkCore;
using Tone = Kyozo.Web.Components.Shared.Tone;

namespace Kyozo.Web.Components.Pages.Events;

/// <summary>One line of a trail, ready to show. <paramref name="Data"/> is a JSON object.</summary>
public sealed record EventLine(
    Guid Id, DateTimeOffset At, string Action, string? Subject, string? SubjectHref, string? Actor, string Data, string? Error, long? DurationMs, long Sequence)
{
    /// <summary>Colour of what happened.</summary>
    public Tone Tone => Action switch
    {
        "deployment_failed" or "health_check_failed" or "access_denied" or "login_failed" or "lockout" => Tone.Bad,
        "deployment_completed" or "service_started" or "health_check_passed" => Tone.Ok,
        "deployment_started" or "service_scaled" or "image_built" or "image_pushed" => Tone.Busy,
        "service_restarted" or "permission_revoked" => Tone.Warn,
        _ => Tone.Idle,
    };

    /// <summary>The data's members as "name value" pairs; nested ones as JSON.</summary>
    public IEnumerable<(string Name, string Value)> Details
    {
        get
        {
            using var data = JsonDocument.Parse(Data);
            return data.RootElement.ValueKind is not JsonValueKind.Object ? [] : data.RootElement.EnumerateObject()
                .Where(member => member.Value.ValueKind is not JsonValueKind.Null)
                .Select(member => (member.Name, member.Value.ValueKind is JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText())).ToList();
        }
    }
}

/// <summary>Reads the services' trail.</summary>
public static class ServiceEvents
{
    /// <summary>Newest first, within the bound that keeps the planner to the newest partitions; wider bounds are tried until the page is full.</summary>
    public static async Task<List<EventLine>> ReadAsync(KyozoContext db, Guid? service, EventType? type, DateTimeOffset now, int count, CancellationToken cancellationToken)
    {
        var lines = new List<EventLine>();
        foreach (var days in (int[])[2, 14, 90])
        {
            var since = now.AddDays(-days);
            var rows = await (
                from happened in db.DeploymentEvents.AsNoTracking()
                where happened.OccurredAt >= since && (service == null || happened.ServiceInstanceId == service) && (type == null || happened.EventType == type)
                join instance in db.ServiceInstances on happened.ServiceInstanceId equals instance.Id
                join user in db.Users on happened.UserId equals user.Id into users
                from user in users.DefaultIfEmpty()
                orderby happened.OccurredAt descending, happened.SequenceNum descending
                select new { Event = happened, instance.Name, instance.DeletedAt, Actor = (string?)user.DisplayName })
                .Take(count).ToListAsync(cancellationToken);
            lines = rows.ConvertAll(row => new EventLine(
                row.Event.Id, row.Event.OccurredAt, Say.Word(row.Event.EventType), row.Name, row.DeletedAt is null ? $"/s/{row.Event.ServiceInstanceId}" : null,
                row.Actor, row.Event.EventData, row.Event.ErrorMessage, row.Event.DurationMs, row.Event.SequenceNum));
            if (lines.Count >= count) break;
        }

        return lines;
    }
}
