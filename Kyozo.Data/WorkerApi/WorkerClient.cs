using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;

namespace Kyozo.Data.WorkerApi;

/// <summary>
/// The Worker API as seen by portal and command line: one method per <see cref="WorkerOperation"/>, each call with a ticket of its own.
/// Throws <see cref="WorkerUnavailableException"/>, <see cref="AccessDeniedException"/> or <see cref="WorkerRefusedException"/>, nothing else.
/// Nothing is tried twice: most operations may not be.
/// </summary>
public sealed class WorkerClient(HttpClient http, WorkerTickets tickets)
{
    static readonly TimeSpan Short = TimeSpan.FromSeconds(30);
    static readonly TimeSpan Long = TimeSpan.FromMinutes(30);

    /// <summary>Checks the folder and makes the workspace's row.</summary>
    public Task<WorkspaceCreated> CreateWorkspaceAsync(Actor actor, NewWorkspace workspace, CancellationToken cancellationToken) =>
        SendAsync<WorkspaceCreated>(
            new(actor, WorkerOperation.CreateWorkspace, actor.TeamId), HttpMethod.Post, "workspaces", JsonContent.Create(workspace, options: KyozoJson.Compact), Short, cancellationToken);

    /// <summary>Analyses the workspace's folder and stores the result.</summary>
    public Task<DetectionDone> DetectAsync(Actor actor, Guid workspaceId, CancellationToken cancellationToken) =>
        SendAsync<DetectionDone>(
            new(actor, WorkerOperation.Detect, workspaceId), HttpMethod.Post, $"workspaces/{workspaceId}/detection", null, Long, cancellationToken);

    /// <summary>Stores what somebody says about a finding and analyses again with it.</summary>
    public Task<DetectionDone> CorrectDetectionAsync(Actor actor, Guid workspaceId, NewCorrection correction, CancellationToken cancellationToken) =>
        SendAsync<DetectionDone>(
            new(actor, WorkerOperation.CorrectDetection, workspaceId), HttpMethod.Post, $"workspaces/{workspaceId}/corrections", JsonContent.Create(correction, options: KyozoJson.Compact), Long, cancellationToken);

    /// <summary>Takes a correction back and analyses again without it.</summary>
    public Task<DetectionDone> UndoCorrectionAsync(Actor actor, Guid workspaceId, Guid correctionId, CancellationToken cancellationToken) =>
        SendAsync<DetectionDone>(
            new(actor, WorkerOperation.UndoCorrection, workspaceId), HttpMethod.Delete, $"workspaces/{workspaceId}/corrections/{correctionId}", null, Long, cancellationToken);

    /// <summary>The newest analysis as a file: <c>kyozo</c> or <c>compose</c>.</summary>
    public Task<ExportedTopology> ExportTopologyAsync(Actor actor, Guid workspaceId, string format, CancellationToken cancellationToken) =>
        SendAsync<ExportedTopology>(
            new(actor, WorkerOperation.ExportTopology, workspaceId), HttpMethod.Get, $"workspaces/{workspaceId}/export?format={Uri.EscapeDataString(format)}", null, Short, cancellationToken);

    /// <summary>Replaces the workspace's root by the content of an archive (zip, tar, tar.gz). The stream is read once, to its end.</summary>
    public Task<UploadDone> UploadAsync(Actor actor, Guid workspaceId, string fileName, Stream archive, CancellationToken cancellationToken)
    {
        var content = new StreamContent(archive);
        content.Headers.ContentType = new("application/octet-stream");
        return SendAsync<UploadDone>(
            new(actor, WorkerOperation.Upload, workspaceId), HttpMethod.Post,
            $"workspaces/{workspaceId}/upload?name={Uri.EscapeDataString(fileName)}", content, Long, cancellationToken);
    }

    /// <summary>Replaces the workspace's root by the files of a folder.</summary>
    public Task<UploadDone> UploadFolderAsync(Actor actor, Guid workspaceId, IReadOnlyList<FolderFile> files, CancellationToken cancellationToken)
    {
        var content = new MultipartContent("form-data");
        foreach (var file in files) content.Add(new FolderFileContent(file));
        return SendAsync<UploadDone>(
            new(actor, WorkerOperation.Upload, workspaceId), HttpMethod.Post, $"workspaces/{workspaceId}/upload", content, Long, cancellationToken);
    }

    /// <summary>Takes detected services over as service instances.</summary>
    public Task<ServicesAccepted> AcceptServicesAsync(Actor actor, Guid workspaceId, AcceptedServices services, CancellationToken cancellationToken) =>
        SendAsync<ServicesAccepted>(
            new(actor, WorkerOperation.AcceptServices, workspaceId), HttpMethod.Post, $"workspaces/{workspaceId}/services", JsonContent.Create(services, options: KyozoJson.Compact), Short, cancellationToken);

    /// <summary>What a deployment would do.</summary>
    public Task<Deployments.DeploymentPlan> PlanAsync(Actor actor, Guid workspaceId, PlanRequest request, CancellationToken cancellationToken) =>
        SendAsync<Deployments.DeploymentPlan>(
            new(actor, WorkerOperation.Plan, workspaceId), HttpMethod.Post, $"workspaces/{workspaceId}/plan", JsonContent.Create(request, options: KyozoJson.Compact), Short, cancellationToken);

    /// <summary>Lines of all running replicas, merged; with <paramref name="follow"/> until cancelled, or until the right to read them is lost (<see cref="AccessDeniedException"/>).</summary>
    /// <param name="actor">Who reads.</param>
    /// <param name="serviceId">The service.</param>
    /// <param name="tail">Only the last so many lines of each replica, or null for all that is kept.</param>
    /// <param name="since">Only lines written after this moment, or null.</param>
    /// <param name="follow">Go on with new lines as they come.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public IAsyncEnumerable<WorkerLogLine> ReadLogsAsync(
        Actor actor, Guid serviceId, int? tail, DateTimeOffset? since, bool follow, CancellationToken cancellationToken)
    {
        var path = $"services/{serviceId}/logs?follow={(follow ? "true" : "false")}";
        if (tail is not null) path += $"&tail={tail}";
        if (since is not null) path += $"&since={Uri.EscapeDataString(since.Value.ToString("O"))}";
        return StreamAsync(new(actor, WorkerOperation.ReadLogs, serviceId), path, cancellationToken);
    }

    /// <summary>The build log of one service in one deployment; empty when nothing was built.</summary>
    public IAsyncEnumerable<WorkerLogLine> ReadBuildLogAsync(Actor actor, Guid deploymentId, Guid serviceId, CancellationToken cancellationToken) =>
        StreamAsync(new(actor, WorkerOperation.ReadBuildLog, deploymentId), $"deployments/{deploymentId}/logs?service={serviceId}", cancellationToken);

    /// <summary>Probes the service now.</summary>
    public Task<IReadOnlyList<ProbeDone>> ProbeAsync(Actor actor, Guid serviceId, CancellationToken cancellationToken) =>
        SendAsync<IReadOnlyList<ProbeDone>>(
            new(actor, WorkerOperation.Probe, serviceId), HttpMethod.Post, $"services/{serviceId}/probe", null, TimeSpan.FromMinutes(2), cancellationToken);

    /// <summary>Writes one secret variable of a service; null removes it.</summary>
    public Task WriteSecretAsync(Actor actor, Guid serviceId, string name, string? value, CancellationToken cancellationToken) =>
        SendAsync<object?>(
            new(actor, WorkerOperation.WriteSecret, serviceId), value is null ? HttpMethod.Delete : HttpMethod.Put,
            $"services/{serviceId}/secrets/{Uri.EscapeDataString(name)}",
            value is null ? null : JsonContent.Create(new SecretValue(value), options: KyozoJson.Compact), Short, cancellationToken);

    /// <summary>Runs a job of the schedule now.</summary>
    public Task<JobRequested> RunJobAsync(Actor actor, string job, CancellationToken cancellationToken) =>
        SendAsync<JobRequested>(
            new(actor, WorkerOperation.RunJob, Guid.Empty), HttpMethod.Post, $"jobs/{Uri.EscapeDataString(job)}/run", null, Short, cancellationToken);

    /// <summary>The schedule.</summary>
    public Task<IReadOnlyList<ScheduledJob>> ReadJobsAsync(Actor actor, CancellationToken cancellationToken) =>
        SendAsync<IReadOnlyList<ScheduledJob>>(new(actor, WorkerOperation.ReadJobs, Guid.Empty), HttpMethod.Get, "jobs", null, Short, cancellationToken);

    /// <summary>The container engine: version, disk, images.</summary>
    public Task<EngineReport> ReadEngineAsync(Actor actor, CancellationToken cancellationToken) =>
        SendAsync<EngineReport>(new(actor, WorkerOperation.ReadEngine, Guid.Empty), HttpMethod.Get, "engine", null, Short, cancellationToken);

    /// <summary>The database: sizes, partitions.</summary>
    public Task<DatabaseReport> ReadDatabaseAsync(Actor actor, CancellationToken cancellationToken) =>
        SendAsync<DatabaseReport>(new(actor, WorkerOperation.ReadDatabase, Guid.Empty), HttpMethod.Get, "database", null, Short, cancellationToken);

    /// <summary>Sub-folders of an allowed folder; null lists the allowed roots.</summary>
    public Task<FolderListing> BrowseFoldersAsync(Actor actor, string? path, CancellationToken cancellationToken) =>
        SendAsync<FolderListing>(
            new(actor, WorkerOperation.BrowseFolders, actor.TeamId), HttpMethod.Get,
            path is null ? "folders" : $"folders?path={Uri.EscapeDataString(path)}", null, Short, cancellationToken);

    /// <summary>Has the trail checked, the actor's team's or (<paramref name="all"/>) every team's: how far the check is, and at the end what it found.</summary>
    public IAsyncEnumerable<TrailFrame> VerifyTrailAsync(Actor actor, bool all, CancellationToken cancellationToken) => all
        ? FramesAsync<TrailFrame>(new(actor, WorkerOperation.VerifyTrail, Guid.Empty), "trail", cancellationToken)
        : FramesAsync<TrailFrame>(new(actor, WorkerOperation.VerifyTeamTrail, actor.TeamId), "trail/team", cancellationToken);

    async Task<T> SendAsync<T>(Call call, HttpMethod method, string path, HttpContent? body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            using var response = await AskAsync(call, method, path, body, deadline.Token);
            return response.StatusCode is HttpStatusCode.NoContent
                ? default!
                : (await response.Content.ReadFromJsonAsync<T>(KyozoJson.Compact, deadline.Token))!;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new WorkerUnavailableException($"The worker did not answer within {timeout.TotalSeconds:0} seconds.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            throw NoAnswer(e);
        }
    }

    async IAsyncEnumerable<WorkerLogLine> StreamAsync(Call call, string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var frame in FramesAsync<LogFrame>(call, path, cancellationToken))
        {
            if (frame.Missing is not null) throw call.Denied(frame.Missing);
            if (frame.Line is not null) yield return frame.Line;
        }
    }

    async IAsyncEnumerable<T> FramesAsync<T>(Call call, string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await OpenAsync();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await NextAsync() is { } text) yield return JsonSerializer.Deserialize<T>(text, KyozoJson.Compact)!;

        async Task<HttpResponseMessage> OpenAsync()
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(Short);
            try
            {
                return await AskAsync(call, HttpMethod.Get, path, null, deadline.Token);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new WorkerUnavailableException("The worker did not answer.", e);
            }
            catch (HttpRequestException e)
            {
                throw NoAnswer(e);
            }
        }

        async Task<string?> NextAsync()
        {
            try
            {
                return await reader.ReadLineAsync(cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw NoAnswer(e);
            }
        }
    }

    async Task<HttpResponseMessage> AskAsync(Call call, HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.Add(WorkerTickets.Header, tickets.Issue(call.Actor, call.Operation, call.Target));
        // The worker answers a refused upload before it has read the body; with this header it need not be sent at all.
        request.Headers.ExpectContinue = call.Operation is WorkerOperation.Upload;
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await WhyAsync(call, response, cancellationToken);
    }

    static async Task<Exception> WhyAsync(Call call, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var problem = response.Content.Headers.ContentType?.MediaType is "application/problem+json"
            ? await response.Content.ReadFromJsonAsync<Problem>(KyozoJson.Compact, cancellationToken)
            : null;
        var detail = problem?.Detail ?? $"The worker answered {(int)response.StatusCode}.";
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new WorkerUnavailableException(detail),
            HttpStatusCode.Forbidden => call.Denied(problem?.Missing ?? "access"),
            HttpStatusCode.NotFound when problem is { Denied: true } => call.Denied(null),
            >= HttpStatusCode.InternalServerError => new WorkerUnavailableException(detail),
            _ => new WorkerRefusedException(detail),
        };
    }

    static WorkerUnavailableException NoAnswer(Exception cause) =>
        new("The worker does not answer. Is it running? (./kyozo status)", cause);

    sealed record Call(Actor Actor, WorkerOperation Operation, Guid Target)
    {
        public AccessDeniedException Denied(string? missing)
        {
            var access = WorkerAccess.Of(Operation);
            return new(access.Action, access.Target(Target), missing);
        }
    }

    sealed record Problem(string? Detail, string? Missing, bool Denied);
}
