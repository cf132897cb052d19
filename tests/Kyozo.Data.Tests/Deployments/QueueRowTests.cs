using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Deployments;

/// <summary>A row for the worker that the portal's role writes past all code (SAFETY A-54).</summary>
public sealed class QueueRowTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    const string Insert = "INSERT INTO deployments (id, team_id, workspace_id, engine_id, kind, requested_by, request) VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)";

    [Fact]
    public async Task A_row_of_the_own_team_is_taken()
    {
        var (actor, workspace) = await TeamAsync();
        await fixture.SqlAsync(fixture.Database.Portal, actor, Insert, A.Id(), actor.TeamId, workspace, WellKnown.LocalEngine, "deploy", actor.UserId, "{}");
    }

    [Fact]
    public async Task A_foreign_team_an_unknown_kind_and_ten_megabytes_are_refused()
    {
        var (actor, workspace) = await TeamAsync();
        var (stranger, theirs) = await TeamAsync();
        async Task<PostgresException> RefusedAsync(Guid team, Guid workspaceId, string kind, Guid requester, string request) =>
            await fixture.RefusedAsync(fixture.Database.Portal, actor, Insert, A.Id(), team, workspaceId, WellKnown.LocalEngine, kind, requester, request);

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await RefusedAsync(stranger.TeamId, theirs, "deploy", actor.UserId, "{}")).SqlState);
        Assert.Equal("fk_deployments_workspaces_team_id_workspace_id", (await RefusedAsync(actor.TeamId, theirs, "deploy", actor.UserId, "{}")).ConstraintName);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await RefusedAsync(actor.TeamId, workspace, "deploy", stranger.UserId, "{}")).SqlState);
        Assert.Equal("valid_deployment_kind", (await RefusedAsync(actor.TeamId, workspace, "execute", actor.UserId, "{}")).ConstraintName);
        Assert.Equal("request_size", (await RefusedAsync(actor.TeamId, workspace, "deploy", actor.UserId, $"\"{new string('x', 10 << 20)}\"")).ConstraintName);
    }

    async Task<(Actor, Guid Workspace)> TeamAsync()
    {
        var team = await A.TeamAsync(fixture.Database, Token);
        var user = await A.UserAsync(fixture.Database, team, Token);
        return (new(user.Id, team.Id), (await A.WorkspaceAsync(fixture.Database, team, Token)).Id);
    }
}
