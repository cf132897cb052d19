using System.Security.Cryptography;
using System.Text.Json;
using Kyozo.Data.Permissions;
using Microsoft.AspNetCore.DataProtection;

namespace Kyozo.Data.WorkerApi;

/// <summary>
/// Issues and reads the tickets of the Worker API: who does what to what, signed and encrypted under the shared key ring, good for 60 seconds.
/// A ticket says what the caller wants, never that he may: the worker demands the right again.
/// </summary>
public sealed class WorkerTickets(IDataProtectionProvider protection, TimeProvider clock)
{
    /// <summary>Header that carries the ticket.</summary>
    public const string Header = "X-Kyozo-Ticket";

    /// <summary>How long a ticket is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("worker-ticket").ToTimeLimitedDataProtector();

    /// <summary>A ticket for one operation on one target.</summary>
    public string Issue(Actor actor, WorkerOperation operation, Guid target)
    {
        var ticket = new WorkerTicket(actor.UserId, actor.TeamId, operation, target);
        return _protector.Protect(JsonSerializer.Serialize(ticket, KyozoJson.Compact), clock.GetUtcNow() + Lifetime);
    }

    /// <summary>What the ticket says, or null when it is forged, damaged or too old.</summary>
    public WorkerTicket? Read(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > 4096) return null;
        try
        {
            return JsonSerializer.Deserialize<WorkerTicket>(_protector.Unprotect(text, out _), KyozoJson.Compact);
        }
        catch (Exception e) when (e is CryptographicException or JsonException or FormatException)
        {
            return null;
        }
    }
}
