using System.Security.Claims;
using Kyozo.Data;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Authorization;

/// <summary>
/// The one way of components to the data, one per circuit: each operation has a context of its own and runs as the signed-in person in the chosen team.
/// Membership is looked up again when what is known is older than two seconds: whoever is removed sees nothing more.
/// </summary>
public sealed class Portal(
    IDbContextFactory<KyozoContext> contexts, CurrentActor currentActor, AuthenticationStateProvider authentication, TimeProvider clock) : IDisposable
{
    static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);
    readonly SemaphoreSlim _lookup = new(1, 1);
    Person? _person;
    DateTimeOffset _readAt;

    /// <summary>Team named by the browser's cookie; only used when the person belongs to it.</summary>
    public Guid? ChosenTeam { get; set; }

    /// <exception cref="NoTeamException">The person belongs to no team.</exception>
    public async Task<Person> PersonAsync(CancellationToken cancellationToken)
    {
        await _lookup.WaitAsync(cancellationToken);
        try
        {
            if (_person is null || clock.GetUtcNow() - _readAt > Fresh)
            {
                _person = await LookUpAsync(cancellationToken);
                _readAt = clock.GetUtcNow();
            }

            return _person;
        }
        finally
        {
            _lookup.Release();
        }
    }

    /// <summary>Reads as the person: rows of other teams are not there.</summary>
    public async Task<T> ReadAsync<T>(Func<KyozoContext, Person, CancellationToken, Task<T>> query, CancellationToken cancellationToken)
    {
        var person = await PersonAsync(cancellationToken);
        using (currentActor.Use(person.Actor))
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            return await query(db, person, cancellationToken);
        }
    }

    /// <summary>Runs something that acts: what it calls demands the right again, whatever the page showed.</summary>
    public async Task<T> ActAsync<T>(Func<Actor, CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        _person = null;
        var actor = (await PersonAsync(cancellationToken)).Actor;
        using (currentActor.Use(actor)) return await act(actor, cancellationToken);
    }

    /// <summary>Changes rows in one transaction; the caller demands first and appends to the trail last.</summary>
    public Task<T> WriteAsync<T>(Func<KyozoContext, Actor, CancellationToken, Task<T>> change, CancellationToken cancellationToken) =>
        ActAsync(async (actor, token) =>
        {
            await using var db = await contexts.CreateDbContextAsync(token);
            await using var transaction = await db.Database.BeginTransactionAsync(token);
            var result = await change(db, actor, token);
            await transaction.CommitAsync(token);
            return result;
        }, cancellationToken);

    public void Dispose() => _lookup.Dispose();

    async Task<Person> LookUpAsync(CancellationToken cancellationToken)
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        if (!Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var id)) throw new NoTeamException();

        using (currentActor.Use(new Actor(id, Guid.Empty)))
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var row = await db.Users.AsNoTracking().Where(user => user.Id == id && user.DeletedAt == null)
                .Select(user => new { user.UserName, user.DisplayName, user.IsInstallationAdmin }).SingleOrDefaultAsync(cancellationToken) ?? throw new NoTeamException();
            var teams = await (
                from membership in db.TeamMemberships
                join team in db.Teams on membership.TeamId equals team.Id
                where membership.UserId == id && team.DeletedAt == null
                orderby team.Name
                select new TeamChoice(team.Id, team.Name, team.Slug, membership.Role)).AsNoTracking().ToListAsync(cancellationToken);
            var chosen = teams.FirstOrDefault(team => team.Id == ChosenTeam) ?? teams.FirstOrDefault() ?? throw new NoTeamException();
            return new(id, row.UserName!, row.DisplayName, row.IsInstallationAdmin, teams, chosen, await GrantorsAsync(id, chosen.Id, cancellationToken));
        }
    }

    async Task<IReadOnlyList<string>> GrantorsAsync(Guid id, Guid team, CancellationToken cancellationToken)
    {
        using (currentActor.Use(new Actor(id, team)))
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            return await (
                from membership in db.TeamMemberships
                join user in db.Users on membership.UserId equals user.Id
                where membership.TeamId == team && membership.Role != TeamRole.Member && user.DeletedAt == null && user.Id != WellKnown.Operator
                orderby user.DisplayName
                select user.DisplayName).Take(8).ToListAsync(cancellationToken);
        }
    }
}
