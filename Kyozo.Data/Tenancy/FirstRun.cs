using Microsoft.EntityFrameworkCore;

namespace Kyozo.Data.Tenancy;

/// <summary>The first person of an installation, as the set-up page has checked and prepared it.</summary>
/// <param name="Id">A new id.</param>
/// <param name="UserName">Name to sign in with.</param>
/// <param name="NormalizedUserName">As Identity's normalizer makes it.</param>
/// <param name="Email">Address, or null.</param>
/// <param name="NormalizedEmail">As Identity's normalizer makes it, or null.</param>
/// <param name="DisplayName">1..100 characters.</param>
/// <param name="PasswordHash">As Identity's hasher makes it.</param>
/// <param name="SecurityStamp">A random one.</param>
public sealed record FirstPerson(
    Guid Id, string UserName, string NormalizedUserName, string? Email, string? NormalizedEmail, string DisplayName, string PasswordHash, string SecurityStamp);

/// <summary>Set-up of an installation that has no administrator yet.</summary>
public sealed class FirstRun(IDbContextFactory<KyozoContext> contexts)
{
    /// <summary>True while nobody is installation administrator.</summary>
    public async Task<bool> IsOpenAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return !await db.Users.AnyAsync(user => user.IsInstallationAdmin, cancellationToken);
    }

    /// <summary>Makes the person installation administrator and owner of the team <see cref="WellKnown.DefaultTeam"/>, which takes the given name.</summary>
    /// <returns>False when somebody else was first, also a moment ago; then nothing was made.</returns>
    public async Task<bool> CompleteAsync(FirstPerson person, string? teamName, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var answer = await db.Database.SqlQuery<bool>(
            $"""
            SELECT complete_setup({person.Id}, {person.UserName}, {person.NormalizedUserName}, {person.Email}::text, {person.NormalizedEmail}::text,
                {person.DisplayName}, {person.PasswordHash}, {person.SecurityStamp}, {teamName}::text) AS "Value"
            """).ToListAsync(cancellationToken);
        return answer[0];
    }
}
