using Kyozo.Data.Permissions;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;

namespace Kyozo.Data.Tests.Permissions;

/// <summary>The table of rights of DESIGN §4, cell by cell (SAFETY A-44).</summary>
public sealed class AccessRulesTests
{
    static readonly Dictionary<AccessAction, PermissionType[]> Verbs = new()
    {
        [AccessAction.Deploy] = [PermissionType.DeployService],
        [AccessAction.Stop] = [PermissionType.StopService],
        [AccessAction.Restart] = [PermissionType.DeployService, PermissionType.StopService],
        [AccessAction.Scale] = [PermissionType.ScaleService],
        [AccessAction.ViewLogs] = [PermissionType.ViewLogs],
        [AccessAction.ModifyConfig] = [PermissionType.ModifyConfig],
        [AccessAction.Delete] = [PermissionType.DeleteService],
    };

    public static TheoryData<AccessAction> Actions => [.. Enum.GetValues<AccessAction>()];

    [Theory, MemberData(nameof(Actions))]
    public void An_outsider_finds_nothing(AccessAction action)
    {
        foreach (var target in Enum.GetValues<TargetKind>())
            Assert.False(AccessDecision.Make(Facts(role: null), action, target).Allowed);
    }

    [Theory, MemberData(nameof(Actions))]
    public void Nobody_may_what_is_not_there(AccessAction action)
    {
        foreach (var target in Enum.GetValues<TargetKind>().Where(target => target != TargetKind.Installation))
        {
            var decision = AccessDecision.Make(Facts(TeamRole.Owner) with { TargetExists = false }, action, target);
            Assert.False(decision.Allowed);
            Assert.Null(decision.Missing);
        }
    }

    [Theory, MemberData(nameof(Actions))]
    public void A_role_opens_exactly_what_is_written(AccessAction action)
    {
        var least = action switch
        {
            AccessAction.View => TeamRole.Member,
            AccessAction.ManageTeam => TeamRole.Owner,
            _ => TeamRole.Admin,
        };
        foreach (var role in Enum.GetValues<TeamRole>())
        {
            foreach (var target in AccessRules.Of(action).Targets.Where(target => target != TargetKind.Installation))
                Assert.Equal(role >= least, AccessDecision.Make(Facts(role), action, target).Allowed);
        }
    }

    [Theory, MemberData(nameof(Actions))]
    public void A_member_needs_every_grant_of_the_verb_and_no_other_helps(AccessAction action)
    {
        var needed = Verbs.GetValueOrDefault(action, []);
        foreach (var set in Subsets())
        {
            var expected = action == AccessAction.View || (needed.Length > 0 && needed.All(set.Contains));
            if (action != AccessAction.Administer && !AccessRules.Of(action).Targets.Contains(TargetKind.Service)) expected = false;
            Assert.Equal(expected && action != AccessAction.Administer, AccessDecision.Make(Facts(TeamRole.Member, set), action, TargetKind.Service).Allowed);
        }
    }

    [Fact]
    public void A_deployment_needs_the_grant_on_every_service_it_names()
    {
        var with = new ConcernedService(Guid.Empty, "api", [PermissionType.DeployService]);
        var without = new ConcernedService(Guid.Empty, "web", [PermissionType.ViewLogs]);
        Assert.True(AccessDecision.Make(Facts(TeamRole.Member) with { Services = [with, with] }, AccessAction.Deploy, TargetKind.Deployment).Allowed);

        var refused = AccessDecision.Make(Facts(TeamRole.Member) with { Services = [with, without] }, AccessAction.Deploy, TargetKind.Deployment);
        Assert.False(refused.Allowed);
        Assert.Equal("deploy_service", refused.Missing);
        Assert.Equal("Needs the permission deploy_service on web, which an owner or admin can grant.", refused.Explanation);

        Assert.False(AccessDecision.Make(Facts(TeamRole.Member) with { Services = [] }, AccessAction.Deploy, TargetKind.Workspace).Allowed);
    }

    [Fact]
    public void Only_installation_administrators_administer_whatever_their_role()
    {
        foreach (var role in Enum.GetValues<TeamRole>())
            Assert.Equal(AccessDecision.InstallationAdmin, AccessDecision.Make(Facts(role), AccessAction.Administer, TargetKind.Installation).Missing);
        Assert.True(AccessDecision.Make(Facts(role: null) with { IsInstallationAdmin = true }, AccessAction.Administer, TargetKind.Installation).Allowed);
        Assert.False(AccessDecision.Make(Facts(TeamRole.Member) with { IsInstallationAdmin = true }, AccessAction.Deploy, TargetKind.Service).Allowed);
    }

    [Fact]
    public void A_deleted_user_may_nothing() =>
        Assert.All(Enum.GetValues<AccessAction>(), action => Assert.All(Enum.GetValues<TargetKind>(), target =>
            Assert.False(AccessDecision.Make(Facts(TeamRole.Owner) with { IsKnown = false, IsInstallationAdmin = true }, action, target).Allowed)));

    [Fact]
    public void Words_are_those_of_the_seed() =>
        Assert.Equal(
            ["deploy_service", "stop_service", "scale_service", "view_logs", "modify_config", "delete_service"],
            Enum.GetValues<PermissionType>().Select(EnumWord.Of));

    static AccessFacts Facts(TeamRole? role, params PermissionType[] granted) =>
        new(true, role, false, true, [new ConcernedService(Guid.Empty, "api", granted)]);

    static IEnumerable<PermissionType[]> Subsets()
    {
        var all = Enum.GetValues<PermissionType>();
        return Enumerable.Range(0, 1 << all.Length).Select(mask => all.Where((_, index) => (mask & (1 << index)) != 0).ToArray());
    }
}
