using Kyozo.Data.Permissions;
using Kyozo.Data.WorkerApi;
using Kyozo.Web.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Kyozo.Web.Components.Pages.Workspaces;

/// <summary>Takes a folder or an archive from the browser and hands it to the worker, which checks every entry; nothing is unpacked here.</summary>
public static class UploadEndpoint
{
    const long MaxBytes = 1L << 30;

    public static void MapUpload(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/w/{workspace:guid}/upload", UploadAsync).RequireAuthorization()
            .WithFormOptions(multipartBodyLengthLimit: MaxBytes, valueCountLimit: 64, bufferBodyLengthLimit: MaxBytes)
            .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MaxBytes));

    static async Task<IResult> UploadAsync(
        Guid workspace, HttpContext http, IFormFileCollection files, Portal portal, AuthenticationStateProvider authentication, WorkerClient worker, CancellationToken cancellationToken)
    {
        // Outside a circuit nobody has told the provider yet who is signed in.
        ((IHostEnvironmentAuthenticationStateProvider)authentication).SetAuthenticationState(Task.FromResult(new AuthenticationState(http.User)));
        portal.ChosenTeam = Preferences.From(http.Request).Team;
        try
        {
            if (files.Count == 0) return Refused(StatusCodes.Status400BadRequest, "Nothing was sent.");
            return TypedResults.Ok(await portal.ActAsync((actor, token) => IsFolder(files)
                ? worker.UploadFolderAsync(actor, workspace, [.. files.Select(file => new FolderFile(WithoutTop(file.FileName), file.OpenReadStream))], token)
                : UploadArchiveAsync(worker, actor, workspace, files[0], token), cancellationToken));
        }
        catch (AccessDeniedException e)
        {
            return Refused(e.Missing is null ? StatusCodes.Status404NotFound : StatusCodes.Status403Forbidden, e.Message);
        }
        catch (Exception e) when (e is WorkerRefusedException or NoTeamException)
        {
            return Refused(StatusCodes.Status400BadRequest, e.Message);
        }
        catch (WorkerUnavailableException e)
        {
            return Refused(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
    }

    static async Task<UploadDone> UploadArchiveAsync(WorkerClient worker, Actor actor, Guid workspace, IFormFile file, CancellationToken cancellationToken)
    {
        await using var stream = file.OpenReadStream();
        return await worker.UploadAsync(actor, workspace, file.FileName, stream, cancellationToken);
    }

    static bool IsFolder(IFormFileCollection files) => files.Any(file => file.FileName.Contains('/'));

    /// <summary>Browsers name files of a chosen folder from that folder on: <c>shop/api/index.js</c>.</summary>
    static string WithoutTop(string path) => path[(path.IndexOf('/') + 1)..];

    static ProblemHttpResult Refused(int status, string detail) => TypedResults.Problem(detail, statusCode: status);
}
