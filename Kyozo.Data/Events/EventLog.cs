using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Data.Events;

/// <summary>A line to append to a service's trail.</summary>
/// <param name="TeamId">The service's team.</param>
/// <param name="ServiceInstanceId">The service.</param>
/// <param name="Type">What happened.</param>
/// <param name="Data">Written as a JSON object: who, why, which deployment, what changed. At most 64 KiB; no secrets.</param>
/// <param name="Error">Message, cut at 4000 characters, or null.</param>
/// <param name="Duration">How long it took, or null.</param>
/// <param name="UserId">User who caused it, or null for the system.</param>
public sealed record NewEvent(
    Guid TeamId, Guid ServiceInstanceId, EventType Type, object Data, string? Error = null, TimeSpan? Duration = null, Guid? UserId = null);

/// <summary>A line to append to the trail about people, security and installation.</summary>
/// <param name="TeamId">The team it concerns.</param>
/// <param name="Action">What happened, in snake_case.</param>
/// <param name="Data">Written as a JSON object. At most 64 KiB; no secrets.</param>
/// <param name="ActorId">Acting user, or null for the system or somebody unknown.</param>
/// <param name="TargetType">Word for the kind of thing acted on, or null.</param>
/// <param name="TargetId">Its id, or null.</param>
public sealed record NewAuditEvent(
    Guid TeamId, string Action, object Data, Guid? ActorId = null, string? TargetType = null, Guid? TargetId = null);

/// <summary>Writes the trail, inside the caller's transaction, through the only functions that may. An append locks the head of its service (or team) until the transaction ends: append last, services in the order of their ids.</summary>
public sealed class EventLog(TimeProvider clock)
{
    const int MaxErrorLength = 4000;

    /// <summary>Appends one line; number, time and hash are given by the database.</summary>
    public Task AppendAsync(KyozoContext db, NewEvent e, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var error = e.Error is { Length: > MaxErrorLength } longError ? longError[..MaxErrorLength] : e.Error;
        var milliseconds = (long?)e.Duration?.TotalMilliseconds;
        return db.Database.ExecuteSqlAsync(
            $"""
            SELECT append_event({id}, {e.TeamId}, {e.ServiceInstanceId}, {EnumWord.Of(e.Type)}, {Json(e.Data)}::jsonb,
                {error}::text, {milliseconds}::bigint, {e.UserId}::uuid)
            """,
            cancellationToken);
    }

    /// <summary>Appends several lines in the order that cannot deadlock with another transaction's; lines of one service keep theirs.</summary>
    public async Task AppendAsync(KyozoContext db, IEnumerable<NewEvent> events, CancellationToken cancellationToken)
    {
        foreach (var e in events.OrderBy(e => e.ServiceInstanceId)) await AppendAsync(db, e, cancellationToken);
    }

    /// <summary>Appends one line to the team's audit trail.</summary>
    public Task AppendAuditAsync(KyozoContext db, NewAuditEvent e, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        return db.Database.ExecuteSqlAsync(
            $"""
            SELECT append_audit_event({id}, {e.TeamId}, {e.Action}, {Json(e.Data)}::jsonb,
                {e.ActorId}::uuid, {e.TargetType}::text, {e.TargetId}::uuid)
            """,
            cancellationToken);
    }

    static string Json(object data) => KyozoJson.Column(data);
}
