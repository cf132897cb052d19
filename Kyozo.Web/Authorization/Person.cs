using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;

namespace Kyozo.Web.Authorization;

/// <summary>Whoever is signed in at this circuit, with his teams.</summary>
public sealed record Person(Guid Id, string UserName, string DisplayName, bool IsInstallationAdmin, IReadOnlyList<TeamChoice> Teams, TeamChoice Team, IReadOnlyList<string> Grantors)
{
    public Actor Actor => new(Id, Team.Id);

    /// <summary>Owners and admins hold all six permissions and grant them.</summary>
    public bool IsAdmin => Team.Role is TeamRole.Owner or TeamRole.Admin;

    /// <summary>"Ada or Grace": who can give this person what he lacks.</summary>
    public string WhoGrants => Grantors.Count switch
    {
        0 => "an owner of the team",
        1 => Grantors[0],
        _ => $"{string.Join(", ", Grantors.Take(Grantors.Count - 1).Take(3))} or {Grantors[^1]}",
    };
}

/// <summary>One team that a person belongs to.</summary>
public sealed record TeamChoice(Guid Id, string Name, string Slug, TeamRole Role);

/// <summary>The signed-in person belongs to no team (any more).</summary>
public sealed class NoTeamException() : Exception("You belong to no team. An owner or admin of a team can add you.");
