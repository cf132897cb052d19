namespace Kyozo.Data.Permissions;

/// <summary>One grant to one user on one service (seed 7).</summary>
public sealed class ServicePermission
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>On which service.</summary>
    public required Guid ServiceInstanceId { get; init; }
    /// <summary>To whom.</summary>
    public required Guid UserId { get; init; }
    /// <summary>What is allowed.</summary>
    public required PermissionType PermissionType { get; init; }
    /// <summary>Who granted it.</summary>
    public required Guid GrantedBy { get; init; }
    /// <summary>When.</summary>
    public required DateTimeOffset GrantedAt { get; init; }
    /// <summary>Who revoked it, or null while it holds.</summary>
    public Guid? RevokedBy { get; set; }
    /// <summary>When it was revoked, or null while it holds.</summary>
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
