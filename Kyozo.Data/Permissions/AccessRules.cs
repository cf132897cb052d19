using System.Collections.Frozen;
using Kyozo.Data.Tenancy;

namespace Kyozo.Data.Permissions;

/// <summary>What an action needs. Whoever has <see cref="Role"/> or more may; a member also with every one of <see cref="Permissions"/> on every service concerned, if there are any.</summary>
/// <param name="Role">Least role that suffices by itself; null: no role does.</param>
/// <param name="Permissions">Grants that suffice in its place; empty: none do.</param>
/// <param name="Targets">What the action can be done to.</param>
sealed record AccessRule(TeamRole? Role, IReadOnlyList<PermissionType> Permissions, IReadOnlyList<TargetKind> Targets);

/// <summary>The one table of rights (DESIGN §4). An action that is not in it does not start.</summary>
static class AccessRules
{
    static readonly TargetKind[] Services = [TargetKind.Service, TargetKind.Deployment, TargetKind.Workspace];
    static readonly TargetKind[] InTeam = [TargetKind.Team, .. Services];

    static readonly FrozenDictionary<AccessAction, AccessRule> Rules = new Dictionary<AccessAction, AccessRule>
    {
        [AccessAction.View] = new(TeamRole.Member, [], InTeam),
        [AccessAction.Deploy] = Verb(PermissionType.DeployService),
        [AccessAction.Stop] = Verb(PermissionType.StopService),
        [AccessAction.Restart] = Verb(PermissionType.DeployService, PermissionType.StopService),
        [AccessAction.Scale] = Verb(PermissionType.ScaleService),
        [AccessAction.ViewLogs] = Verb(PermissionType.ViewLogs),
        [AccessAction.ModifyConfig] = Verb(PermissionType.ModifyConfig),
        [AccessAction.Delete] = Verb(PermissionType.DeleteService),
        [AccessAction.CreateWorkspace] = new(TeamRole.Admin, [], [TargetKind.Team]),
        [AccessAction.ManageWorkspace] = new(TeamRole.Admin, [], [TargetKind.Workspace]),
        [AccessAction.Upload] = new(TeamRole.Admin, [], [TargetKind.Workspace]),
        [AccessAction.GrantPermission] = new(TeamRole.Admin, [], [TargetKind.Team, TargetKind.Workspace, TargetKind.Service]),
        [AccessAction.ManageMembers] = new(TeamRole.Admin, [], [TargetKind.Team]),
        [AccessAction.ManageTeam] = new(TeamRole.Owner, [], [TargetKind.Team]),
        [AccessAction.VerifyTrail] = new(TeamRole.Admin, [], [TargetKind.Team]),
        [AccessAction.Administer] = new(null, [], [TargetKind.Installation]),
    }.ToFrozenDictionary();

    static AccessRules()
    {
        var missing = Enum.GetValues<AccessAction>().Where(action => !Rules.ContainsKey(action)).ToList();
        if (missing.Count > 0) throw new InvalidOperationException($"No access rule for: {string.Join(", ", missing)}.");
    }

    /// <summary>The rule of an action.</summary>
    public static AccessRule Of(AccessAction action) => Rules[action];

    static AccessRule Verb(params PermissionType[] permissions) => new(TeamRole.Admin, permissions, Services);
}
