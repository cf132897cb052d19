using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Authentication;

/// <summary>Signing in and out, with a line in the trail of each team the account belongs to.</summary>
public sealed class SignIn(
    SignInManager<User> signIn, UserManager<User> users, IDbContextFactory<KyozoContext> contexts, CurrentActor currentActor, EventLog events, IHttpContextAccessor http)
{
    // The same words whether the account exists or not.
    const string Wrong = "E-mail or password is wrong.";
    const string Locked = "Too many wrong passwords: this account is locked for five minutes.";

    /// <returns>Null when signed in, else what to tell.</returns>
    public async Task<string?> WithPasswordAsync(string email, string password, CancellationToken cancellationToken)
    {
        var user = await users.FindByEmailAsync(email);
        if (user is null || user.DeletedAt is not null || user.Id == WellKnown.Operator)
        {
            // Takes as long as a wrong password of an account that exists.
            users.PasswordHasher.VerifyHashedPassword(new User { DisplayName = "" }, AnyHash, password);
            return Wrong;
        }

        var result = await signIn.PasswordSignInAsync(user, password, isPersistent: true, lockoutOnFailure: true);
        await TellAsync(user.Id, result.Succeeded ? "login_succeeded" : result.IsLockedOut ? "lockout" : "login_failed", cancellationToken);
        return result.Succeeded ? null : result.IsLockedOut ? Locked : Wrong;
    }

    /// <summary>Ends this session, or all of them: another security stamp makes every cookie of the account worthless within half a minute.</summary>
    public async Task OutAsync(bool everywhere, CancellationToken cancellationToken)
    {
        if (http.HttpContext is { } context && await users.GetUserAsync(context.User) is { } user)
        {
            if (everywhere) await users.UpdateSecurityStampAsync(user);
            await TellAsync(user.Id, everywhere ? "sessions_ended" : "session_ended", cancellationToken);
        }

        await signIn.SignOutAsync();
    }

    async Task TellAsync(Guid user, string action, CancellationToken cancellationToken)
    {
        var teams = await TeamsAsync(user, cancellationToken);
        var from = http.HttpContext?.Connection.RemoteIpAddress?.ToString();
        foreach (var team in teams)
        {
            using var _ = currentActor.Use(new Actor(user, team));
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            await events.AppendAuditAsync(db, new NewAuditEvent(team, action, new { from }, user, "user", user), cancellationToken);
        }
    }

    async Task<List<Guid>> TeamsAsync(Guid user, CancellationToken cancellationToken)
    {
        using var _ = currentActor.Use(new Actor(user, Guid.Empty));
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.TeamMemberships.Where(membership => membership.UserId == user).Select(membership => membership.TeamId).ToListAsync(cancellationToken);
    }

    static readonly string AnyHash = new PasswordHasher<User>().HashPassword(new User { DisplayName = "" }, "a password that nobody has");
}
