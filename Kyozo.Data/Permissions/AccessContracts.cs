namespace Kyozo.Data.Permissions;

/// <summary>Everything that somebody may want to do. An action without a rule in <c>AccessRules</c> does not start (SAFETY rule 1).</summary>
public enum AccessAction
{
    /// <summary>See workspaces, map, health, metrics, events: any member.</summary>
    View,
    /// <summary>Deploy, redeploy, start, roll back, cancel one service: <see cref="PermissionType.DeployService"/>.</summary>
    Deploy,
    /// <summary>Stop one service: <see cref="PermissionType.StopService"/>.</summary>
    Stop,
    /// <summary>Restart one service: deploy and stop.</summary>
    Restart,
    /// <summary>Change the replicas of one service.</summary>
    Scale,
    /// <summary>Read container and build logs.</summary>
    ViewLogs,
    /// <summary>Change variables, secrets, limits, checks, dependencies, detection corrections.</summary>
    ModifyConfig,
    /// <summary>Delete a service with its volumes.</summary>
    Delete,
    /// <summary>Make a workspace: admin.</summary>
    CreateWorkspace,
    /// <summary>Analyse a workspace's folder, change workspace settings, take over detected services (first deploy): admin.</summary>
    ManageWorkspace,
    /// <summary>Upload into a workspace: admin.</summary>
    Upload,
    /// <summary>Grant and revoke service permissions: admin.</summary>
    GrantPermission,
    /// <summary>Add and remove members, change roles below owner: admin.</summary>
    ManageMembers,
    /// <summary>Change owners, rename or delete the team: owner.</summary>
    ManageTeam,
    /// <summary>Have the team's trail checked, row by row: admin.</summary>
    VerifyTrail,
    /// <summary>Jobs, engine, database: installation administrator.</summary>
    Administer,
}

/// <summary>Who acts, in which team.</summary>
public sealed record Actor(Guid UserId, Guid TeamId);

/// <summary>What is acted on.</summary>
public enum TargetKind
{
    /// <summary>The actor's team itself.</summary>
    Team,
    /// <summary>A workspace.</summary>
    Workspace,
    /// <summary>A service instance.</summary>
    Service,
    /// <summary>A deployment: the right is needed on every service it names.</summary>
    Deployment,
    /// <summary>The installation.</summary>
    Installation,
}

/// <summary>One thing acted on; looked up together with the actor's team.</summary>
public sealed record AccessTarget(TargetKind Kind, Guid Id)
{
    /// <summary>A service instance.</summary>
    public static AccessTarget Service(Guid id) => new(TargetKind.Service, id);
    /// <summary>A workspace.</summary>
    public static AccessTarget Workspace(Guid id) => new(TargetKind.Workspace, id);
    /// <summary>A deployment.</summary>
    public static AccessTarget Deployment(Guid id) => new(TargetKind.Deployment, id);
    /// <summary>A team.</summary>
    public static AccessTarget Team(Guid id) => new(TargetKind.Team, id);
    /// <summary>The installation.</summary>
    public static AccessTarget Installation { get; } = new(TargetKind.Installation, Guid.Empty);
}

/// <summary>Refused: says which right is missing, or that the target is not there (another team's target looks the same).</summary>
public sealed class AccessDeniedException(AccessAction action, AccessTarget target, string? missing)
    : Exception(missing is null ? $"No such {target.Kind.ToString().ToLowerInvariant()}." : $"You lack the permission {missing}.")
{
    /// <summary>What was asked for.</summary>
    public AccessAction Action { get; } = action;
    /// <summary>On what.</summary>
    public AccessTarget Target { get; } = target;
    /// <summary>Word of the missing permission or role; null: the target is not there for this actor (answer 404).</summary>
    public string? Missing { get; } = missing;
}
