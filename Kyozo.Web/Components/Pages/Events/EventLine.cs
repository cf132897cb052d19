using System.Text.Json;
using Kyozo.Data;
using Tone = Kyozo.Web.Components.Shared.Tone;

namespace Kyozo.Web.Components.Pages.Events;

/// <summary>One line of a trail, ready to show. <paramref name="Data"/> is a JSON object.</summary>
public sealed record EventLine(
    Guid Id, DateTimeOffset At, string Action, string? Subject, string? SubjectHref, string? Actor, string Data, string? Error, long? DurationMs, long Sequence,
    Guid? SubjectId = null, Guid? ActorId = null, bool ErrorHidden = false, string? Hash = null)
{
    /// <summary>What stands in the place of a message that the person may not read.</summary>
    public const string Hidden = "(the message needs the permission view_logs)";

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

/// <summary>The newest of the services' trail, for the pages that show a few lines.</summary>
public static class ServiceEvents
{
    /// <summary>Newest first, of one service or of all.</summary>
    public static async Task<List<EventLine>> ReadAsync(KyozoContext db, Authorization.Person person, Guid? service, DateTimeOffset now, int count, CancellationToken cancellationToken) =>
        [.. (await TrailSearch.ReadAsync(db, person, new("services", service), null, now, count, cancellationToken)).Lines];
}
