using Kyozo.Data.Permissions;

namespace Kyozo.Data.WorkerApi;

/// <summary>The right that each operation of the Worker API demands, and the kind of thing it is demanded on. One table for both ends of the wire.</summary>
/// <param name="Action">What the worker demands before it does anything.</param>
/// <param name="TargetKind">What the ticket's target is.</param>
public sealed record WorkerAccess(AccessAction Action, TargetKind TargetKind)
{
    /// <summary>The rule of an operation; an operation without one throws, so it can neither be called nor served.</summary>
    public static WorkerAccess Of(WorkerOperation operation) => operation switch
    {
        WorkerOperation.CreateWorkspace => new(AccessAction.CreateWorkspace, TargetKind.Team),
        WorkerOperation.BrowseFolders => new(AccessAction.CreateWorkspace, TargetKind.Team),
        WorkerOperation.Detect => new(AccessAction.ManageWorkspace, TargetKind.Workspace),
        WorkerOperation.AcceptServices => new(AccessAction.ManageWorkspace, TargetKind.Workspace),
        WorkerOperation.Upload => new(AccessAction.Upload, TargetKind.Workspace),
        WorkerOperation.Plan => new(AccessAction.View, TargetKind.Workspace),
        WorkerOperation.CorrectDetection => new(AccessAction.ModifyConfig, TargetKind.Workspace),
        WorkerOperation.UndoCorrection => new(AccessAction.ModifyConfig, TargetKind.Workspace),
        WorkerOperation.ExportTopology => new(AccessAction.View, TargetKind.Workspace),
        WorkerOperation.ReadLogs => new(AccessAction.ViewLogs, TargetKind.Service),
        WorkerOperation.ReadBuildLog => new(AccessAction.View, TargetKind.Deployment),
        WorkerOperation.Probe => new(AccessAction.View, TargetKind.Service),
        WorkerOperation.WriteSecret => new(AccessAction.ModifyConfig, TargetKind.Service),
        WorkerOperation.RunJob => new(AccessAction.Administer, TargetKind.Installation),
        WorkerOperation.ReadJobs => new(AccessAction.Administer, TargetKind.Installation),
        WorkerOperation.ReadEngine => new(AccessAction.Administer, TargetKind.Installation),
        WorkerOperation.ReadDatabase => new(AccessAction.Administer, TargetKind.Installation),
        WorkerOperation.VerifyTeamTrail => new(AccessAction.VerifyTrail, TargetKind.Team),
        WorkerOperation.VerifyTrail => new(AccessAction.Administer, TargetKind.Installation),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "No access rule is declared for this operation."),
    };

    /// <summary>The target with its kind.</summary>
    public AccessTarget Target(Guid id) => new(TargetKind, id);
}
