using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Kyozo.Data.WorkerApi;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Cli.Installation;

/// <summary>The command line's access to its running installation: the reserved user <c>operator</c> in one team, signed in to the database as the portal is, with its limits (DESIGN §4).</summary>
sealed class OperatorSession : IAsyncDisposable
{
    readonly ServiceProvider _services;

    OperatorSession(ServiceProvider services, Actor actor)
    {
        _services = services;
        Actor = actor;
    }

    public Actor Actor { get; }

    public WorkerClient Worker => _services.GetRequiredService<WorkerClient>();

    public DeploymentQueue Deployments => _services.GetRequiredService<DeploymentQueue>();

    /// <summary>Opens a session in the team of that slug.</summary>
    /// <exception cref="CommandException">Kyozo does not run here, its database does not answer, or there is no such team.</exception>
    public static async Task<OperatorSession> OpenAsync(KyozoHome home, string team, CancellationToken cancellationToken)
    {
        var connections = ConnectionFile.Read(home) ?? throw NotRunning(home);
        var services = new ServiceCollection()
            .AddLogging()
            .AddKyozoData(connections.Portal, "kyozo")
            .AddKyozoDataProtection(home)
            .AddSingleton<WorkerTickets>()
            .AddSingleton(provider => new WorkerClient(WorkerClientSetup.CreateHttp(Addresses.Read(home).Worker), provider.GetRequiredService<WorkerTickets>()))
            .BuildServiceProvider();

        var session = new OperatorSession(services, new(WellKnown.Operator, WellKnown.DefaultTeam));
        try
        {
            var teamId = await session.ReadAsync(db => db.Teams.Where(row => row.Slug == team && row.DeletedAt == null).Select(row => (Guid?)row.Id).SingleOrDefaultAsync(cancellationToken))
                ?? throw new CommandException($"There is no team {team} of which operator is a member.");
            return teamId == WellKnown.DefaultTeam ? session : new(services, new(WellKnown.Operator, teamId));
        }
        catch (Exception e)
        {
            await services.DisposeAsync();
            throw e is NpgsqlException or InvalidOperationException { InnerException: NpgsqlException } ? NotRunning(home, e) : e;
        }
    }

    /// <summary>Reads with a context of its own; the rows are the team's.</summary>
    public async Task<T> ReadAsync<T>(Func<KyozoContext, Task<T>> read)
    {
        using var acting = _services.GetRequiredService<CurrentActor>().Use(Actor);
        await using var db = await _services.GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContextAsync();
        db.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        return await read(db);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    static CommandException NotRunning(KyozoHome home, Exception? inner = null) =>
        new($"Kyozo does not run here (home {home.Root}). Start it with: kyozo up", exitCode: 3, inner);
}
