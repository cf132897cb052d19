namespace Kyozo.Data.Permissions;

/// <summary>One grant to one user on one service (seed 7).</summary>
public sealed class ServicePermission
{
    public Guid Id { get; init; }
    public required Guid TeamId { get; init; }
    public required Guid ServiceInstanceId { get; init; }
    public required Guid UserId { get; init; }
    public required PermissionType PermissionType { get; init; }
    public required Guid GrantedBy { get; init; }
    public required DateTimeOffset GrantedAt { get; init; }
    public Guid? RevokedBy { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
}

/// <summary>The seed's permission types; CHECK <c>valid_permission_type</c>.</summary>
public enum PermissionType
{
    /// <summary>Deploy, redeploy, start, roll back, cancel.</summary>
    DeployService,
    /// <summary>Stop; restart needs <see cref="DeployService"/> too.</summary>
    StopService,
    /// <summary>Change the number of replicas and the scaling configuration.</summary>
    ScaleService,
    /// <summary>Read container and build logs.</summary>
    ViewLogs,
    /// <summary>Change variables, secrets, limits, checks, dependencies, corrections.</summary>
    ModifyConfig,
    /// <summary>Delete the service and its volumes.</summary>
    DeleteService,
}
