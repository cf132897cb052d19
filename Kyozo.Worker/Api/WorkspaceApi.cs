using Kyozo.Data;
using Kyozo.Data.Permissions;
using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Deployments;
using Kyozo.Engine.ServiceInstances;
using Kyozo.Engine.Topology.Corrections;
using Kyozo.Engine.Topology.Export;
using Kyozo.Engine.Workspaces;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;

namespace Kyozo.Worker.Api;

/// <summary>Endpoints about workspaces: make, analyse, upload, take over services, plan.</summary>
static class WorkspaceApi
{
    public static void MapWorkspaces(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/workspaces", async (HttpContext context, NewWorkspace workspace, WorkspaceCreator creator, CancellationToken cancellationToken) =>
                TypedResults.Ok(await creator.CreateAsync(context.Actor(), workspace, cancellationToken)))
            .Requires(WorkerOperation.CreateWorkspace);

        routes.MapGet("/folders", async (HttpContext context, string? path, FolderBrowser browser, CancellationToken cancellationToken) =>
                TypedResults.Ok(await browser.ListAsync(context.Actor().TeamId, path, cancellationToken)))
            .Requires(WorkerOperation.BrowseFolders);

        routes.MapPost("/workspaces/{id:guid}/detection", async (HttpContext context, Guid id, WorkspaceDetection detection, CancellationToken cancellationToken) =>
                TypedResults.Ok(await detection.RunAsync(context.Actor(), id, cancellationToken)))
            .Requires(WorkerOperation.Detect);

        routes.MapPost("/workspaces/{id:guid}/corrections", async (HttpContext context, Guid id, NewCorrection correction, DetectionCorrections corrections, WorkspaceDetection detection, CancellationToken cancellationToken) =>
            {
                await corrections.StoreAsync(context.Actor(), id, correction, cancellationToken);
                return TypedResults.Ok(await detection.RunAsync(context.Actor(), id, cancellationToken));
            })
            .Requires(WorkerOperation.CorrectDetection);

        routes.MapDelete("/workspaces/{id:guid}/corrections/{correction:guid}", async (HttpContext context, Guid id, Guid correction, DetectionCorrections corrections, WorkspaceDetection detection, CancellationToken cancellationToken) =>
            {
                await corrections.UndoAsync(context.Actor(), id, correction, cancellationToken);
                return TypedResults.Ok(await detection.RunAsync(context.Actor(), id, cancellationToken));
            })
            .Requires(WorkerOperation.UndoCorrection);

        routes.MapGet("/workspaces/{id:guid}/export", async (HttpContext context, Guid id, string format, IDbContextFactory<KyozoContext> contexts, CancellationToken cancellationToken) =>
            {
                if (!TopologyExport.Formats.TryGetValue(format, out var fileName)) throw new RequestRefusedException($"There is no format '{format}'. There are: {string.Join(", ", TopologyExport.Formats.Keys)}.");
                await using var db = await contexts.CreateDbContextAsync(cancellationToken);
                var team = context.Actor().TeamId;
                var topology = await db.Workspaces.AsNoTracking().Where(w => w.TeamId == team && w.Id == id).Select(w => w.ServiceTopology).SingleAsync(cancellationToken)
                    ?? throw new RequestRefusedException("The workspace was not analysed yet.");
                return TypedResults.Ok(new ExportedTopology(fileName, TopologyExport.Write(format, topology)));
            })
            .Requires(WorkerOperation.ExportTopology);

        routes.MapPost("/workspaces/{id:guid}/upload", UploadAsync)
            .Requires(WorkerOperation.Upload)
            .WithMetadata(new Microsoft.AspNetCore.Mvc.DisableRequestSizeLimitAttribute());

        routes.MapPost("/workspaces/{id:guid}/services", async (HttpContext context, Guid id, AcceptedServices services, ServiceAcceptance acceptance, CancellationToken cancellationToken) =>
                TypedResults.Ok(new ServicesAccepted(await acceptance.AcceptAsync(context.Actor(), id, services, cancellationToken))))
            .Requires(WorkerOperation.AcceptServices);

        routes.MapPost("/workspaces/{id:guid}/plan", async (HttpContext context, Guid id, PlanRequest plan, DeploymentPreview preview, IDbContextFactory<KyozoContext> contexts, CancellationToken cancellationToken) =>
            {
                await RequirePartsAsync(contexts, context.Actor(), id, plan.Request.ServiceIds, cancellationToken);
                return TypedResults.Ok(await preview.PlanAsync(id, plan.Kind, plan.Request, cancellationToken));
            })
            .Requires(WorkerOperation.Plan);
    }

    // The ticket names the workspace, the body its services: both must belong together (SAFETY A-43).
    static async Task RequirePartsAsync(
        IDbContextFactory<KyozoContext> contexts, Actor actor, Guid workspaceId, IReadOnlyList<Guid> serviceIds, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var own = await db.ServiceInstances
            .Where(s => s.TeamId == actor.TeamId && s.WorkspaceId == workspaceId && s.DeletedAt == null && serviceIds.Contains(s.Id))
            .Select(s => s.Id).ToListAsync(cancellationToken);
        foreach (var foreign in serviceIds.Except(own)) throw new AccessDeniedException(AccessAction.View, AccessTarget.Service(foreign), null);
    }

    // An archive as the body, or the files of a folder as parts: read as they come, never held whole.
    static async Task<IResult> UploadAsync(HttpContext context, Guid id, string? name, WorkspaceUpload upload, CancellationToken cancellationToken)
    {
        var type = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var parsed) ? parsed : null;
        var done = type?.MediaType == "multipart/form-data"
            ? await upload.ReceiveFolderAsync(context.Actor(), id, FilesAsync(context.Request, type), cancellationToken)
            : await upload.ReceiveArchiveAsync(context.Actor(), id, name, context.Request.Body, cancellationToken);
        return TypedResults.Ok(done);
    }

    static async IAsyncEnumerable<SentFile> FilesAsync(HttpRequest request, MediaTypeHeaderValue type)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (string.IsNullOrEmpty(boundary)) throw new BadHttpRequestException("The multipart body has no boundary.");

        var parts = new MultipartReader(boundary, request.Body);
        while (await parts.ReadNextSectionAsync(request.HttpContext.RequestAborted) is { } part)
        {
            if (part.GetContentDispositionHeader() is not { } disposition || !disposition.IsFileDisposition()) continue;
            var path = disposition.FileNameStar.HasValue ? disposition.FileNameStar.Value : HeaderUtilities.RemoveQuotes(disposition.FileName).Value;
            yield return new(path ?? "", part.Body);
        }
    }
}
