using System.Text.RegularExpressions;
using Kyozo.Data;
using Kyozo.Data.Permissions;
using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Health;
using Kyozo.Engine.Secrets;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Worker.Api;

/// <summary>Endpoints about one service or deployment: logs, probe, secrets.</summary>
static partial class ServiceApi
{
    const int LongestSecret = 64 * 1024;

    public static void MapServices(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/services/{id:guid}/logs", (HttpContext context, Guid id, int? tail, DateTimeOffset? since, bool? follow, LogStreams logs) =>
                new FrameResult<LogFrame>(stop => logs.ReadServiceAsync(context.Actor(), id, new() { Tail = tail, Since = since, Follow = follow ?? false }, stop)))
            .Requires(WorkerOperation.ReadLogs);

        routes.MapGet("/deployments/{id:guid}/logs", async (HttpContext context, Guid id, Guid service, LogStreams logs, AccessControl access, IDbContextFactory<KyozoContext> contexts, CancellationToken cancellationToken) =>
            {
                // The ticket is for the deployment, the right for the service: a deployment of many shows each only what he may see.
                await access.DemandAsync(context.Actor(), AccessAction.ViewLogs, AccessTarget.Service(service), cancellationToken);
                await RequirePartAsync(contexts, context.Actor(), id, service, cancellationToken);
                return new FrameResult<LogFrame>(stop => logs.ReadBuildAsync(id, service, stop));
            })
            .Requires(WorkerOperation.ReadBuildLog);

        routes.MapPost("/services/{id:guid}/probe", async (HttpContext context, Guid id, HealthMonitor monitor, CancellationToken cancellationToken) =>
                TypedResults.Ok((await monitor.CheckNowAsync(context.Actor().TeamId, id, cancellationToken))
                    .Select(r => new ProbeDone(r.Type, r.Status, r.ResponseTime?.TotalMilliseconds, r.Error))))
            .Requires(WorkerOperation.Probe);

        routes.MapPut("/services/{id:guid}/secrets/{name}", async (HttpContext context, Guid id, string name, SecretValue secret, SecretStore secrets, CancellationToken cancellationToken) =>
            {
                RequireGood(name, secret.Value);
                await secrets.WriteAsync(context.Actor(), id, name, secret.Value, cancellationToken);
                return TypedResults.NoContent();
            })
            .Requires(WorkerOperation.WriteSecret);

        routes.MapDelete("/services/{id:guid}/secrets/{name}", async (HttpContext context, Guid id, string name, SecretStore secrets, CancellationToken cancellationToken) =>
            {
                await secrets.WriteAsync(context.Actor(), id, name, null, cancellationToken);
                return TypedResults.NoContent();
            })
            .Requires(WorkerOperation.WriteSecret);
    }

    static void RequireGood(string name, string value)
    {
        if (!VariableName().IsMatch(name)) throw new RequestRefusedException("The name of a variable has letters, digits and underscores, does not begin with a digit, and at most 128 characters.");
        if (value.Length > LongestSecret || value.Contains('\0')) throw new RequestRefusedException($"A secret has at most {LongestSecret / 1024} KiB and no NUL in it.");
    }

    static async Task RequirePartAsync(
        IDbContextFactory<KyozoContext> contexts, Actor actor, Guid deploymentId, Guid serviceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var request = await db.Deployments.Where(d => d.TeamId == actor.TeamId && d.Id == deploymentId).Select(d => d.Request).SingleAsync(cancellationToken);
        if (!request.ServiceIds.Contains(serviceId)) throw new AccessDeniedException(AccessAction.ViewLogs, AccessTarget.Service(serviceId), null);
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,127}\\z")]
    private static partial Regex VariableName();
}
