using Kyozo.Data.Deployments;
using Kyozo.Data.Health;
using Kyozo.Data.Topology;

namespace Kyozo.Data.WorkerApi;

/// <summary>Operations of the Worker API: what only the process with the engine and the folders can do (DESIGN §2). Each is one endpoint, one ticket, one <c>Demand</c>.</summary>
public enum WorkerOperation
{
    /// <summary>POST /workspaces: check the folder and make the workspace's row. Target: the team.</summary>
    CreateWorkspace,
    /// <summary>POST /workspaces/{id}/detection: analyse the folder and store the result. Target: the workspace.</summary>
    Detect,
    /// <summary>POST /workspaces/{id}/upload?name=: take a folder or archive as a new root. Target: the workspace.</summary>
    Upload,
    /// <summary>POST /workspaces/{id}/services: take over detected services as service instances with dependencies. Target: the workspace.</summary>
    AcceptServices,
    /// <summary>POST /workspaces/{id}/plan: what a deployment would do. Target: the workspace.</summary>
    Plan,
    /// <summary>GET /services/{id}/logs?tail=&amp;since=&amp;follow=: stream of log lines. Target: the service.</summary>
    ReadLogs,
    /// <summary>GET /deployments/{id}/logs?service=: stream of build log lines. Target: the deployment.</summary>
    ReadBuildLog,
    /// <summary>POST /services/{id}/probe: probe now. Target: the service.</summary>
    Probe,
    /// <summary>PUT /services/{id}/secrets/{name}: write one secret; DELETE removes it. Target: the service.</summary>
    WriteSecret,
    /// <summary>POST /jobs/{name}/run. Target: the installation.</summary>
    RunJob,
    /// <summary>GET /jobs: the schedule. Target: the installation.</summary>
    ReadJobs,
    /// <summary>GET /engine: version, disk, images. Target: the installation.</summary>
    ReadEngine,
    /// <summary>GET /database: sizes, partitions. Target: the installation.</summary>
    ReadDatabase,
    /// <summary>GET /trail/team: check the team's trail; stream of <see cref="Events.TrailFrame"/>. Target: the team.</summary>
    VerifyTeamTrail,
    /// <summary>GET /trail: check the trail of every team; stream of <see cref="Events.TrailFrame"/>. Target: the installation.</summary>
    VerifyTrail,
    /// <summary>GET /folders?path=: sub-folders of the allowed roots, to choose a workspace's root. Target: the team.</summary>
    BrowseFolders,
    /// <summary>POST /workspaces/{id}/corrections: store what somebody says about a finding and analyse again. Target: the workspace.</summary>
    CorrectDetection,
    /// <summary>DELETE /workspaces/{id}/corrections/{correction}: take a correction back and analyse again. Target: the workspace.</summary>
    UndoCorrection,
    /// <summary>GET /workspaces/{id}/export?format=: the newest analysis as kyozo.yaml or docker-compose.yml. Target: the workspace.</summary>
    ExportTopology,
}

/// <summary>What the caller wants to do, signed by Data Protection and valid for 60 seconds.</summary>
/// <param name="UserId">Who acts.</param>
/// <param name="TeamId">In which team.</param>
/// <param name="Operation">What.</param>
/// <param name="Target">On what: id of team, workspace, service or deployment; the empty id for the installation.</param>
public sealed record WorkerTicket(Guid UserId, Guid TeamId, WorkerOperation Operation, Guid Target);

/// <summary>Body of <see cref="WorkerOperation.CreateWorkspace"/>.</summary>
/// <param name="Name">1..100 characters.</param>
/// <param name="RootPath">Absolute folder under an allowed root; null: an empty one of Kyozo's own, to upload to.</param>
public sealed record NewWorkspace(string Name, string? RootPath);

/// <summary>Answer to <see cref="WorkerOperation.CreateWorkspace"/>.</summary>
public sealed record WorkspaceCreated(Guid Id, string Slug);

/// <summary>Answer to <see cref="WorkerOperation.Detect"/>.</summary>
public sealed record DetectionDone(Guid DetectionId, FolderTopology Topology);

/// <summary>Body of <see cref="WorkerOperation.CorrectDetection"/>.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Folder">Folder of the service, relative to the workspace; null for a service without one.</param>
/// <param name="Service">The service, or the one an edge starts from.</param>
/// <param name="Other">The service an edge leads to; null when it is about no edge.</param>
/// <param name="Values">The values; null in them leaves what is found.</param>
public sealed record NewCorrection(CorrectionKind Kind, string? Folder, string Service, string? Other, CorrectedValues Values);

/// <summary>Answer to <see cref="WorkerOperation.ExportTopology"/>.</summary>
public sealed record ExportedTopology(string FileName, string Text);

/// <summary>Body of <see cref="WorkerOperation.AcceptServices"/>: names of detected services to take over.</summary>
/// <param name="DetectionId">The analysis they come from.</param>
/// <param name="Services">Names; services already taken over are updated.</param>
public sealed record AcceptedServices(Guid DetectionId, IReadOnlyList<string> Services);

/// <summary>Answer to <see cref="WorkerOperation.AcceptServices"/>.</summary>
public sealed record ServicesAccepted(IReadOnlyList<Guid> ServiceIds);

/// <summary>Body of <see cref="WorkerOperation.Plan"/>.</summary>
public sealed record PlanRequest(DeploymentKind Kind, DeploymentRequest Request);

/// <summary>One log line on the wire (NDJSON).</summary>
/// <param name="At">When it was written.</param>
/// <param name="IsError">From stderr.</param>
/// <param name="Text">The text without its line end; secrets masked.</param>
/// <param name="Replica">Replica number, or null for build logs.</param>
public sealed record WorkerLogLine(DateTimeOffset At, bool IsError, string Text, int? Replica);

/// <summary>Answer to <see cref="WorkerOperation.Probe"/>.</summary>
public sealed record ProbeDone(CheckType Type, CheckStatus Status, double? ResponseTimeMs, string? Error);

/// <summary>One job of the schedule.</summary>
/// <param name="Name">Name as in <c>job_runs</c>.</param>
/// <param name="Description">What it does, for people.</param>
/// <param name="Schedule">When, for people ("every 10 s", "daily at 03:10 UTC").</param>
/// <param name="NextRunAt">Next fire time, or null.</param>
public sealed record ScheduledJob(string Name, string Description, string Schedule, DateTimeOffset? NextRunAt);

/// <summary>Answer to <see cref="WorkerOperation.ReadEngine"/>.</summary>
public sealed record EngineReport(
    string Name, bool Reachable, string? Version, string? ApiVersion, int? Cpus, long? MemoryBytes, string? StorageDriver,
    long? DiskTotalBytes, long? DiskFreeBytes, int Containers, IReadOnlyList<EngineImage> Images);

/// <summary>One image made or used by Kyozo.</summary>
public sealed record EngineImage(string Id, IReadOnlyList<string> Tags, long SizeBytes, DateTimeOffset? CreatedAt);

/// <summary>Answer to <see cref="WorkerOperation.BrowseFolders"/>.</summary>
/// <param name="Path">The folder shown, or null for the list of allowed roots.</param>
/// <param name="Parent">The folder above, or null at an allowed root.</param>
/// <param name="Folders">Absolute sub-folders.</param>
public sealed record FolderListing(string? Path, string? Parent, IReadOnlyList<string> Folders);
