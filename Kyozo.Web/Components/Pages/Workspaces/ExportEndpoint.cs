using System.Text;
using Kyozo.Data.Permissions;
using Kyozo.Data.WorkerApi;
using Kyozo.Web.Authorization;
using Microsoft.AspNetCore.Components.Authorization;

namespace Kyozo.Web.Components.Pages.Workspaces;

/// <summary>Hands out what the worker writes of a workspace's analysis: a <c>kyozo.yaml</c> or a compose file.</summary>
public static class ExportEndpoint
{
    public static void MapExport(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/w/{workspace:guid}/export/{format}", ExportAsync).RequireAuthorization();

    static async Task<IResult> ExportAsync(
        Guid workspace, string format, HttpContext http, Portal portal, AuthenticationStateProvider authentication, WorkerClient worker, CancellationToken cancellationToken)
    {
        // Outside a circuit nobody has told the provider yet who is signed in.
        ((IHostEnvironmentAuthenticationStateProvider)authentication).SetAuthenticationState(Task.FromResult(new AuthenticationState(http.User)));
        portal.ChosenTeam = Preferences.From(http.Request).Team;
        try
        {
            var file = await portal.ActAsync((actor, token) => worker.ExportTopologyAsync(actor, workspace, format, token), cancellationToken);
            return TypedResults.File(Encoding.UTF8.GetBytes(file.Text), "application/yaml", file.FileName);
        }
        catch (AccessDeniedException e)
        {
            return TypedResults.Problem(e.Message, statusCode: e.Missing is null ? StatusCodes.Status404NotFound : StatusCodes.Status403Forbidden);
        }
        catch (Exception e) when (e is WorkerRefusedException or NoTeamException)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (WorkerUnavailableException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
