using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;

namespace Kyozo.Data.Permissions;

/// <summary>A service concerned by an action, with what the actor is granted on it.</summary>
sealed record ConcernedService(Guid Id, string Name, IReadOnlyList<PermissionType> Granted);

/// <summary>Everything a decision rests on, read with the actor's team.</summary>
/// <param name="IsKnown">The actor is a user who was not deleted.</param>
/// <param name="Role">His role in the team; null: not a member.</param>
/// <param name="IsInstallationAdmin">May administer the installation.</param>
/// <param name="TargetExists">The target is there and is the team's.</param>
/// <param name="Services">The services concerned, with grants.</param>
sealed record AccessFacts(
    bool IsKnown, TeamRole? Role, bool IsInstallationAdmin, bool TargetExists, IReadOnlyList<ConcernedService> Services);

/// <summary>Yes or no, and why in one sentence.</summary>
/// <param name="Allowed">The answer.</param>
/// <param name="Missing">Word of the right that is missing; null when allowed or when the target is not there.</param>
/// <param name="Explanation">For people.</param>
public sealed record AccessDecision(bool Allowed, string? Missing, string Explanation)
{
    /// <summary>Word for the right to <see cref="AccessAction.Administer"/>.</summary>
    public const string InstallationAdmin = "installation_admin";

    /// <summary>Decides without I/O; silence means no.</summary>
    internal static AccessDecision Make(AccessFacts facts, AccessAction action, TargetKind target)
    {
        var rule = AccessRules.Of(action);
        if (!rule.Targets.Contains(target) || !facts.IsKnown) return NotThere;

        if (target == TargetKind.Installation)
        {
            return facts.IsInstallationAdmin
                ? Yes("Installation administrators may do this.")
                : No(InstallationAdmin, "Only installation administrators may do this.");
        }

        if (facts.Role is not { } role || !facts.TargetExists) return NotThere;
        if (rule.Role is { } needed && role >= needed) return Yes($"As {Word(role)} of the team, by role.");
        if (rule.Permissions.Count == 0 || facts.Services.Count == 0)
            return No(Word(rule.Role!.Value), $"Needs the role {Word(rule.Role!.Value)}; the role here is {Word(role)}.");

        foreach (var service in facts.Services)
        {
            foreach (var permission in rule.Permissions.Where(permission => !service.Granted.Contains(permission)))
                return No(EnumWord.Of(permission), $"Needs the permission {EnumWord.Of(permission)} on {service.Name}, which an owner or admin can grant.");
        }

        return Yes($"By granted permission {string.Join(" and ", rule.Permissions.Select(EnumWord.Of))}.");
    }

    static AccessDecision NotThere { get; } = new(false, null, "There is no such thing in this team.");

    static AccessDecision Yes(string explanation) => new(true, null, explanation);

    static AccessDecision No(string missing, string explanation) => new(false, missing, explanation);

    static string Word(TeamRole role) => EnumWord.Of(role);
}
