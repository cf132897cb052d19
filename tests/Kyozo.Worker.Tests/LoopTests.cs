using Kyozo.Data.Deployments;
using Kyozo.Data.Engines;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Worker.Tests;

public sealed class LoopTests(PostgresFixture postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_from_the_portal_is_carried_out_and_the_engine_is_looked_at()
    {
        await using var host = await WorkerHost.StartWithLoopsAsync(postgres, Cancellation);
        var team = await A.TeamAsync(host.Database, Cancellation);
        var owner = new Actor((await A.UserAsync(host.Database, team, Cancellation, TeamRole.Owner)).Id, team.Id);
        var workspace = await A.WorkspaceAsync(host.Database, team, Cancellation);
        await A.ServiceAsync(host.Database, workspace, Cancellation);
        await using var portal = host.Database.BuildServices(host.Database.Portal);

        var asked = await portal.GetRequiredService<DeploymentQueue>().RequestAsync(owner, workspace.Id, DeploymentKind.Stop, new(), "a test", Cancellation);

        await using var db = host.Database.OpenAsAdmin();
        var ended = await Eventually.GetAsync("the deployment ends", TimeSpan.FromSeconds(30), async () =>
            await db.Deployments.AsNoTracking().SingleAsync(d => d.Id == asked.Id, Cancellation) is { } d && d.Status.HasEnded() ? d : null, Cancellation);
        Assert.Equal((DeploymentStatus.Succeeded, "Nothing to do: everything is as wanted."), (ended.Status, ended.Outcome));
        await Eventually.TrueAsync("the engine is seen", TimeSpan.FromSeconds(30), async () =>
            await db.Engines.AsNoTracking().AnyAsync(e => e.Id == WellKnown.LocalEngine && e.State == EngineState.Reachable && e.Version != null, Cancellation), Cancellation);
    }
}
