using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Web.Live;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Authentication;

/// <summary>What a person changes of his own account. The account is the actor's, never one named by the page.</summary>
public sealed class OwnAccount(IServiceScopeFactory scopes, IDbContextFactory<KyozoContext> contexts, EventLog events)
{
    public async Task RenameAsync(Actor actor, string name, CancellationToken cancellationToken)
    {
        if (name.Length is 0 or > 100) throw new RefusedException("The name needs 1 to 100 characters.");
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Users.Where(user => user.Id == actor.UserId).ExecuteUpdateAsync(set => set.SetProperty(user => user.DisplayName, name), cancellationToken);
    }

    /// <summary>Another security stamp comes with it: every cookie and circuit of the account ends within half a minute.</summary>
    public async Task ChangePasswordAsync(Actor actor, string old, string wanted, CancellationToken cancellationToken)
    {
        if (wanted.Length > 128) throw new RefusedException("The password may have at most 128 characters.");
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = await users.FindByIdAsync(actor.UserId.ToString()) ?? throw new RefusedException("This account is gone.");
        if (await users.IsLockedOutAsync(user)) throw new RefusedException("Too many wrong passwords: this account is locked for five minutes.");
        var changed = await users.ChangePasswordAsync(user, old, wanted);
        if (!changed.Succeeded)
        {
            // A stolen session must not be a way to guess the password.
            if (changed.Errors.Any(error => error.Code == nameof(IdentityErrorDescriber.PasswordMismatch))) await users.AccessFailedAsync(user);
            throw new RefusedException(string.Join(" ", changed.Errors.Select(error => error.Description)));
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await events.AppendAuditAsync(db, new NewAuditEvent(actor.TeamId, "password_changed", new { }, actor.UserId, "user", actor.UserId), cancellationToken);
    }
}
