using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Folders;
using Kyozo.Engine.ServiceInstances;
using Kyozo.Engine.Topology.Corrections;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace Kyozo.Worker.Api;

/// <summary>What the client is told when something does not go: always problem+json with one sentence for people, never a stack trace.</summary>
static class Problems
{
    /// <summary>The ticket is missing, forged, too old, or for something else. Which of these is nobody's business.</summary>
    public static IResult TicketRefused { get; } = Results.Problem(
        "The worker does not accept this ticket. Portal, command line and worker must use the same KYOZO_HOME, and their clocks must agree.",
        statusCode: StatusCodes.Status401Unauthorized);

    /// <summary>Turns what was thrown into the answer. Refusals are answers, not failures: only what nobody foresaw goes into the log.</summary>
    public static ExceptionHandlerOptions Handling => new()
    {
        ExceptionHandler = context => context.Features.Get<IExceptionHandlerFeature>() is { Error: var error } ? Of(error).ExecuteAsync(context) : Task.CompletedTask,
        SuppressDiagnosticsCallback = context => Of(context.Exception) is not IStatusCodeHttpResult { StatusCode: StatusCodes.Status500InternalServerError },
    };

    static IResult Of(Exception error) => error switch
    {
        // Another team's target and one that never was look the same.
        AccessDeniedException { Missing: null } e => Results.Problem(e.Message, statusCode: StatusCodes.Status404NotFound, extensions: Extension("denied", true)),
        AccessDeniedException e => Results.Problem(e.Message, statusCode: StatusCodes.Status403Forbidden, extensions: Extension("missing", e.Missing)),
        FolderRefusedException e => Results.Problem(e.Message, statusCode: StatusCodes.Status422UnprocessableEntity),
        AcceptanceRefusedException or CorrectionRefusedException or DeploymentRequestException => Results.Problem(error.Message, statusCode: StatusCodes.Status409Conflict),
        RequestRefusedException e => Results.Problem(e.Message, statusCode: StatusCodes.Status409Conflict),
        JsonTooLargeException e => Results.Problem($"More was found than can be kept. {e.Message} Leave folders out that hold no services.", statusCode: StatusCodes.Status422UnprocessableEntity),
        BadHttpRequestException e => Results.Problem(e.Message, statusCode: e.StatusCode),
        EngineUnavailableException e => Results.Problem(e.Message, statusCode: StatusCodes.Status503ServiceUnavailable),
        NpgsqlException { IsTransient: true } => Results.Problem("The worker does not reach its database.", statusCode: StatusCodes.Status503ServiceUnavailable),
        _ => Results.Problem("The worker failed at this; its log says why.", statusCode: StatusCodes.Status500InternalServerError),
    };

    static Dictionary<string, object?> Extension(string name, object? value) => new() { [name] = value };
}

/// <summary>The request is understood and cannot be done as things are.</summary>
sealed class RequestRefusedException(string message) : Exception(message);
