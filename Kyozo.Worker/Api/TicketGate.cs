using Kyozo.Data.Permissions;
using Kyozo.Data.WorkerApi;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;

namespace Kyozo.Worker.Api;

/// <summary>Marks an endpoint with its operation; an endpoint without one is not served.</summary>
sealed record TicketRequired(WorkerOperation Operation);

/// <summary>
/// In front of every endpoint, before its body is read: a ticket for exactly this operation on exactly this target, then the right itself.
/// The ticket proves who asks; only <see cref="AccessControl"/> says whether he may.
/// </summary>
sealed class TicketGate(RequestDelegate next, WorkerTickets tickets, AccessControl access)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint is null || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            await next(context);
            return;
        }

        var operation = endpoint.Metadata.GetMetadata<TicketRequired>()?.Operation
            ?? throw new InvalidOperationException($"{endpoint.DisplayName} declares no operation.");
        var ticket = tickets.Read(context.Request.Headers[WorkerTickets.Header]);
        var rule = WorkerAccess.Of(operation);
        if (ticket is null || ticket.Operation != operation || ticket.Target != TargetOf(context, rule.TargetKind, ticket))
        {
            await Problems.TicketRefused.ExecuteAsync(context);
            return;
        }

        var actor = new Actor(ticket.UserId, ticket.TeamId);
        await access.DemandAsync(actor, rule.Action, rule.Target(ticket.Target), context.RequestAborted);
        context.Features.Set(actor);
        await next(context);
    }

    static Guid? TargetOf(HttpContext context, TargetKind kind, WorkerTicket ticket) => kind switch
    {
        TargetKind.Installation => Guid.Empty,
        TargetKind.Team => ticket.TeamId,
        _ => Guid.TryParse(context.Request.RouteValues["id"] as string, out var id) ? id : null,
    };
}

/// <summary>What endpoints use of the gate.</summary>
static class TicketGateExtensions
{
    /// <summary>Declares the endpoint's operation.</summary>
    public static T Requires<T>(this T endpoint, WorkerOperation operation) where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new TicketRequired(operation));

    /// <summary>Who asks: set by the gate.</summary>
    public static Actor Actor(this HttpContext context) => context.Features.GetRequiredFeature<Actor>();
}
