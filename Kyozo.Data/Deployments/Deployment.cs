namespace Kyozo.Data.Deployments;

/// <summary>One request to change services of a workspace, and its outcome.</summary>
public sealed class Deployment
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The workspace it belongs to.</summary>
    public required Guid WorkspaceId { get; init; }
    /// <summary>The container engine it lives on.</summary>
    public required Guid EngineId { get; init; }
    /// <summary>1, 2, 3 ... per workspace; given by the database.</summary>
    public long Number { get; init; }
    /// <summary>What it does.</summary>
    public required DeploymentKind Kind { get; init; }
    /// <summary>Where it stands.</summary>
    public DeploymentStatus Status { get; set; } = DeploymentStatus.Queued;
    /// <summary>User who asked; asked for again by Demand at pick-up.</summary>
    public required Guid RequestedBy { get; init; }
    /// <summary>Why, in the requester's words, or null.</summary>
    public string? Reason { get; init; }
    /// <summary>What was asked.</summary>
    public required DeploymentRequest Request { get; init; }
    /// <summary>What the planner decided at pick-up, or null before.</summary>
    public DeploymentPlan? Plan { get; set; }
    /// <summary>One sentence for people once it has ended, or null.</summary>
    public string? Outcome { get; set; }
    /// <summary>When somebody asked to cancel it, or null.</summary>
    public DateTimeOffset? CancelRequestedAt { get; set; }
    /// <summary>The release that it made or went back to, or null.</summary>
    public Guid? ReleaseId { get; set; }
    /// <summary>Worker that holds it, or null.</summary>
    public string? LeaseOwner { get; set; }
    /// <summary>When the lease ends unless it is renewed, or null.</summary>
    public DateTimeOffset? LeaseUntil { get; set; }
    /// <summary>Fencing number: rises with every claim; a late writer with an older one is refused.</summary>
    public long LeaseEpoch { get; set; }
    /// <summary>When it was asked for.</summary>
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>When it began, or null before.</summary>
    public DateTimeOffset? StartedAt { get; set; }
    /// <summary>When it ended, or null before.</summary>
    public DateTimeOffset? FinishedAt { get; set; }
}

/// <summary>What a deployment does.</summary>
public enum DeploymentKind
{
    /// <summary>Bring services to what the rows want: build, start, replace.</summary>
    Deploy,
    /// <summary>Start stopped services as they were.</summary>
    Start,
    /// <summary>Stop services; volumes stay.</summary>
    Stop,
    /// <summary>Replace the containers of services by new ones of the same release.</summary>
    Restart,
    /// <summary>Change the number of replicas.</summary>
    Scale,
    /// <summary>Deploy an older release.</summary>
    Rollback,
    /// <summary>Stop and remove services.</summary>
    Delete,
}

/// <summary>State of a deployment; CHECK <c>valid_deployment_status</c>.</summary>
public enum DeploymentStatus
{
    /// <summary>Planned only; waits for somebody's yes.</summary>
    Planned,
    /// <summary>Waits for a worker.</summary>
    Queued,
    /// <summary>Images are being made.</summary>
    Building,
    /// <summary>New containers are starting.</summary>
    Starting,
    /// <summary>New containers are being probed.</summary>
    Verifying,
    /// <summary>Traffic moves, old containers end.</summary>
    Switching,
    /// <summary>Ended well.</summary>
    Succeeded,
    /// <summary>Ended badly; what ran before still runs.</summary>
    Failed,
    /// <summary>Ended by request.</summary>
    Cancelled,
    /// <summary>Its worker died; another takes it up or ends it.</summary>
    Interrupted,
}

/// <summary>What was asked (column <c>request</c>).</summary>
public sealed record DeploymentRequest
{
    /// <summary>The services meant.</summary>
    public IReadOnlyList<Guid> ServiceIds { get; init; } = [];
    /// <summary>Wanted replicas, for <see cref="DeploymentKind.Scale"/>, 0..100.</summary>
    public int? Replicas { get; init; }
    /// <summary>Number of the release, for <see cref="DeploymentKind.Rollback"/>.</summary>
    public long? ReleaseNumber { get; init; }
    /// <summary>Build again although nothing changed.</summary>
    public bool Rebuild { get; init; }
    /// <summary>For <see cref="DeploymentKind.Delete"/>: volumes too.</summary>
    public bool DeleteVolumes { get; init; }
    /// <summary>For <see cref="DeploymentKind.Delete"/>: all services and then the workspace itself; its folder stays.</summary>
    public bool DeleteWorkspace { get; init; }
}

/// <summary>What a deployment will do, decided without I/O from what is wanted and what is (column <c>plan</c>).</summary>
public sealed record DeploymentPlan
{
    /// <summary>One sentence: "Build 2 images, start 6 services in 3 waves".</summary>
    public required string Summary { get; init; }
    /// <summary>One entry for each service of the request, and for those it takes along.</summary>
    public required IReadOnlyList<PlannedService> Services { get; init; }
    /// <summary>Reasons for which nothing may be done; empty when it may.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];
}

/// <summary>What a deployment does to one service.</summary>
/// <param name="ServiceId">The service.</param>
/// <param name="Name">Its name.</param>
/// <param name="Wave">Start wave, 0 first: the longest path of <c>requires</c> edges to a service without any.</param>
/// <param name="Change">What happens to it.</param>
/// <param name="Reason">Why, in words for people.</param>
/// <param name="Downtime">True when the old containers end before the new ones run (data volumes, plain TCP).</param>
public sealed record PlannedService(Guid ServiceId, string Name, int Wave, PlannedChange Change, string Reason, bool Downtime)
{
    /// <summary>Replicas to run.</summary>
    public int Replicas { get; init; } = 1;
}

/// <summary>What happens to a service.</summary>
public enum PlannedChange
{
    /// <summary>Left alone.</summary>
    Nothing,
    /// <summary>First containers.</summary>
    Create,
    /// <summary>New image, new containers.</summary>
    Rebuild,
    /// <summary>Same image, new containers.</summary>
    Recreate,
    /// <summary>Started as it is.</summary>
    Start,
    /// <summary>Stopped.</summary>
    Stop,
    /// <summary>More or fewer replicas.</summary>
    Scale,
    /// <summary>Removed.</summary>
    Remove,
}

/// <summary>One step of a deployment as the live page shows it.</summary>
public sealed class DeploymentStep
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The deployment it belongs to.</summary>
    public required Guid DeploymentId { get; init; }
    /// <summary>The service the step is about, or null for the workspace as a whole.</summary>
    public Guid? ServiceInstanceId { get; init; }
    /// <summary>Order within the deployment, 1 first.</summary>
    public required int Ordinal { get; init; }
    /// <summary>Start wave of the service, 0 first.</summary>
    public required int Wave { get; init; }
    /// <summary>What it does.</summary>
    public required StepKind Kind { get; init; }
    /// <summary>Where it stands.</summary>
    public StepStatus Status { get; set; } = StepStatus.Pending;
    /// <summary>One line of detail ("reused image, nothing changed"), or null. Log excerpts are not here: they need <c>view_logs</c>.</summary>
    public string? Detail { get; set; }
    /// <summary>When it began, or null before.</summary>
    public DateTimeOffset? StartedAt { get; set; }
    /// <summary>When it ended, or null before.</summary>
    public DateTimeOffset? FinishedAt { get; set; }
}

/// <summary>Kind of step.</summary>
public enum StepKind
{
    /// <summary>Make or find the image.</summary>
    Build,
    /// <summary>Create and start containers.</summary>
    Start,
    /// <summary>Wait until they are healthy.</summary>
    Verify,
    /// <summary>Send traffic to the new ones.</summary>
    Switch,
    /// <summary>End the old ones.</summary>
    Stop,
    /// <summary>Remove what is no longer needed.</summary>
    Remove,
}

/// <summary>State of a step.</summary>
public enum StepStatus
{
    /// <summary>Not begun.</summary>
    Pending,
    /// <summary>Under way.</summary>
    Running,
    /// <summary>Done.</summary>
    Succeeded,
    /// <summary>Failed.</summary>
    Failed,
    /// <summary>Not needed.</summary>
    Skipped,
    /// <summary>Ended by request.</summary>
    Cancelled,
}
