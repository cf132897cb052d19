using Kyozo.Data.Permissions;

namespace Kyozo.Web.Authorization;

/// <summary>Names the permission or role behind an action, for buttons and messages.</summary>
public static class Missing
{
    public static string For(AccessAction action) => action switch
    {
        AccessAction.Deploy => "deploy_service",
        AccessAction.Stop => "stop_service",
        AccessAction.Restart => "deploy_service and stop_service",
        AccessAction.Scale => "scale_service",
        AccessAction.ViewLogs => "view_logs",
        AccessAction.ModifyConfig => "modify_config",
        AccessAction.Delete => "delete_service",
        AccessAction.ManageTeam => "the role owner",
        AccessAction.Administer => "to be an administrator of the installation",
        AccessAction.View => "to be a member of the team",
        _ => "the role admin",
    };
}
