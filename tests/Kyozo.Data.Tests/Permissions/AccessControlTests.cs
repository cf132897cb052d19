using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Workspaces;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Data.Tests.Permissions;

/// <summary>Rights over real rows, as the portal and as the worker ask for them (SAFETY ).</summary>
public sealed class AccessControlTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    IEnumerable<AccessControl> Both => [fixture.Portal.GetRequiredService<AccessControl>(), fixture.Worker.GetRequiredService<AccessControl>()];

    PermissionGrants Grants => fixture.Portal.GetRequiredService<PermissionGrants>();

    [Fact]
    public async Task Owners_and_admins_hold_every_verb_and_members_only_what_is_granted()
    {
        var world = await ArrangeAsync();
        var target = AccessTarget.Service(world.Service.Id);
        AccessAction[] verbs = [AccessAction.View, AccessAction.Deploy, AccessAction.Stop, AccessAction.Restart, AccessAction.Scale, AccessAction.ViewLogs, AccessAction.ModifyConfig, AccessAction.Delete];
        await Grants.GrantAsync(world.Admin, world.Member.UserId, world.Service.Id, PermissionType.ViewLogs, Token);
        await Grants.GrantAsync(world.Admin, world.Member.UserId, world.Service.Id, PermissionType.StopService, Token);

        foreach (var access in Both)
        {
            Assert.Equal(verbs.Append(AccessAction.GrantPermission).Order(), (await access.AllowedAsync(world.Owner, target, Token)).Order());
            Assert.Equal(verbs.Append(AccessAction.GrantPermission).Order(), (await access.AllowedAsync(world.Admin, target, Token)).Order());
            Assert.Equal([AccessAction.View, AccessAction.Stop, AccessAction.ViewLogs], (await access.AllowedAsync(world.Member, target, Token)).Order());
            Assert.Empty(await access.AllowedAsync(world.Outsider, target, Token));
        }
    }

    [Fact]
    public async Task Everything_of_another_team_is_not_there()
    {
        var blue = await ArrangeAsync();
        var red = await ArrangeAsync();
        var deployment = await DeploymentAsync(red, red.Service);
        AccessTarget[] targets =
        [
            AccessTarget.Team(red.Team.Id), AccessTarget.Workspace(red.Workspace.Id), AccessTarget.Service(red.Service.Id), AccessTarget.Deployment(deployment),
        ];

        foreach (var access in Both)
        {
            foreach (var target in targets)
            {
                foreach (var action in Enum.GetValues<AccessAction>())
                {
                    // As owner of his own team, and pretending to act in the other.
                    foreach (var actor in new[] { blue.Owner, new Actor(blue.Owner.UserId, red.Team.Id) })
                    {
                        var decision = await access.ExplainAsync(actor, action, target, Token);
                        Assert.False(decision.Allowed);
                        Assert.Null(decision.Missing);
                    }
                }
            }
        }
    }

    [Fact]
    public async Task A_denial_is_thrown_and_written_down()
    {
        var world = await ArrangeAsync();
        foreach (var access in Both)
        {
            var denied = await Assert.ThrowsAsync<AccessDeniedException>(() => access.DemandAsync(world.Member, AccessAction.Delete, AccessTarget.Service(world.Service.Id), Token));
            Assert.Equal("delete_service", denied.Missing);
        }

        await using var db = fixture.Database.OpenAsAdmin();
        var lines = await db.AuditEvents.Where(line => line.TeamId == world.Team.Id && line.Action == "access_denied").ToListAsync(Token);
        Assert.Equal(2, lines.Count);
        Assert.All(lines, line => Assert.Equal((world.Member.UserId, "service", world.Service.Id), (line.ActorId, line.TargetType, line.TargetId)));
        Assert.Contains("delete_service", lines[0].Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_user_or_team_is_refused_without_a_trace_that_breaks()
    {
        var world = await ArrangeAsync();
        foreach (var access in Both)
        {
            foreach (var actor in new[] { new Actor(A.Id(), world.Team.Id), new Actor(world.Owner.UserId, A.Id()), new Actor(A.Id(), A.Id()) })
                await Assert.ThrowsAsync<AccessDeniedException>(() => access.DemandAsync(actor, AccessAction.View, AccessTarget.Service(world.Service.Id), Token));
        }
    }

    [Fact]
    public async Task A_deployment_needs_the_right_on_every_service_of_its_request()
    {
        var world = await ArrangeAsync();
        var other = await A.ServiceAsync(fixture.Database, world.Workspace, Token);
        var target = AccessTarget.Deployment(await DeploymentAsync(world, world.Service, other));

        await Grants.GrantAsync(world.Owner, world.Member.UserId, world.Service.Id, PermissionType.DeployService, Token);
        foreach (var access in Both) Assert.False(await access.AllowsAsync(world.Member, AccessAction.Deploy, target, Token));

        await Grants.GrantAsync(world.Owner, world.Member.UserId, other.Id, PermissionType.DeployService, Token);
        foreach (var access in Both) Assert.True(await access.AllowsAsync(world.Member, AccessAction.Deploy, target, Token));
    }

    [Fact]
    public async Task A_revocation_and_a_removal_hold_with_the_next_question()
    {
        var world = await ArrangeAsync();
        var target = AccessTarget.Service(world.Service.Id);
        await Grants.GrantAsync(world.Owner, world.Member.UserId, world.Service.Id, PermissionType.ViewLogs, Token);
        foreach (var access in Both) await access.DemandAsync(world.Member, AccessAction.ViewLogs, target, Token);

        await Grants.RevokeAsync(world.Owner, world.Member.UserId, world.Service.Id, PermissionType.ViewLogs, Token);
        foreach (var access in Both) Assert.False(await access.AllowsAsync(world.Member, AccessAction.ViewLogs, target, Token));

        await fixture.Database.ExecuteAsync($"DELETE FROM team_memberships WHERE user_id = '{world.Admin.UserId}'", Token);
        await fixture.Database.ExecuteAsync($"UPDATE users SET deleted_at = now() WHERE id = '{world.Owner.UserId}'", Token);
        foreach (var access in Both)
        {
            Assert.Empty(await access.AllowedAsync(world.Admin, target, Token));
            Assert.Empty(await access.AllowedAsync(world.Owner, target, Token));
        }
    }

    [Fact]
    public async Task Grants_and_revocations_are_rows_and_audit_lines_once_each()
    {
        var world = await ArrangeAsync();
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Grants.GrantAsync(world.Admin, world.Member.UserId, world.Service.Id, PermissionType.ScaleService, Token)));
        await Grants.RevokeAsync(world.Owner, world.Member.UserId, world.Service.Id, PermissionType.ScaleService, Token);
        await Grants.RevokeAsync(world.Owner, world.Member.UserId, world.Service.Id, PermissionType.ScaleService, Token);
        await Grants.GrantAsync(world.Owner, world.Member.UserId, world.Service.Id, PermissionType.ScaleService, Token);

        await using var db = fixture.Database.OpenAsAdmin();
        var rows = await db.ServicePermissions.Where(p => p.TeamId == world.Team.Id).OrderBy(p => p.Id).ToListAsync(Token);
        Assert.Equal([(Guid?)world.Admin.UserId, world.Owner.UserId], rows.Select(row => (Guid?)row.GrantedBy));
        Assert.Equal([(Guid?)world.Owner.UserId, null], rows.Select(row => row.RevokedBy));
        Assert.Equal(
            ["permission_granted", "permission_revoked", "permission_granted"],
            await db.AuditEvents.Where(line => line.TeamId == world.Team.Id).OrderBy(line => line.SequenceNum).Select(line => line.Action).ToListAsync(Token));
    }

    [Fact]
    public async Task Members_grant_nothing_and_nobody_grants_beyond_his_team()
    {
        var blue = await ArrangeAsync();
        var red = await ArrangeAsync();
        await RefusedAsync(() => Grants.GrantAsync(blue.Member, blue.Member.UserId, blue.Service.Id, PermissionType.ViewLogs, Token), "admin");
        await RefusedAsync(() => Grants.RevokeAsync(blue.Member, blue.Admin.UserId, blue.Service.Id, PermissionType.ViewLogs, Token), "admin");
        await RefusedAsync(() => Grants.GrantAsync(blue.Owner, blue.Member.UserId, red.Service.Id, PermissionType.ViewLogs, Token), null);
        await RefusedAsync(() => Grants.GrantAsync(blue.Owner, red.Member.UserId, blue.Service.Id, PermissionType.ViewLogs, Token), null);
        await RefusedAsync(() => Grants.GrantAsync(new Actor(blue.Owner.UserId, red.Team.Id), blue.Owner.UserId, red.Service.Id, PermissionType.ViewLogs, Token), null);

        await using var db = fixture.Database.OpenAsAdmin();
        Assert.False(await db.ServicePermissions.AnyAsync(p => p.TeamId == blue.Team.Id || p.TeamId == red.Team.Id, Token));
    }

    [Fact]
    public async Task A_question_gives_its_connection_back()
    {
        var world = await ArrangeAsync();
        var one = new NpgsqlConnectionStringBuilder(fixture.Database.Portal) { MaxPoolSize = 1, Timeout = 1, ApplicationName = "pool of one" }.ConnectionString;
        await using var services = fixture.Database.BuildServices(one);
        var access = services.GetRequiredService<AccessControl>();
        for (var round = 0; round < 5; round++)
        {
            Assert.True(await access.AllowsAsync(world.Owner, AccessAction.Deploy, AccessTarget.Service(world.Service.Id), Token));
            await Assert.ThrowsAsync<AccessDeniedException>(() => access.DemandAsync(world.Member, AccessAction.Deploy, AccessTarget.Service(world.Service.Id), Token));
        }
    }

    [Fact]
    public async Task The_local_command_line_owns_the_first_team_and_administers()
    {
        var actor = new Actor(WellKnown.Operator, WellKnown.DefaultTeam);
        foreach (var access in Both)
        {
            Assert.True(await access.AllowsAsync(actor, AccessAction.ManageTeam, AccessTarget.Team(WellKnown.DefaultTeam), Token));
            Assert.True(await access.AllowsAsync(actor, AccessAction.Administer, AccessTarget.Installation, Token));
        }
    }

    static async Task RefusedAsync(Func<Task> act, string? missing) =>
        Assert.Equal(missing, (await Assert.ThrowsAsync<AccessDeniedException>(act)).Missing);

    async Task<Guid> DeploymentAsync(World world, params ServiceInstance[] services)
    {
        var deployment = new Deployment
        {
            Id = A.Id(),
            TeamId = world.Team.Id,
            WorkspaceId = world.Workspace.Id,
            EngineId = WellKnown.LocalEngine,
            Kind = DeploymentKind.Deploy,
            RequestedBy = world.Owner.UserId,
            Request = new() { ServiceIds = [.. services.Select(service => service.Id)] },
        };
        await using var db = fixture.Database.OpenAsAdmin();
        db.Add(deployment);
        await db.SaveChangesAsync(Token);
        Assert.Equal(1, deployment.Number);
        return deployment.Id;
    }

    async Task<World> ArrangeAsync()
    {
        var team = await A.TeamAsync(fixture.Database, Token);
        var workspace = await A.WorkspaceAsync(fixture.Database, team, Token);
        var service = await A.ServiceAsync(fixture.Database, workspace, Token);
        async Task<Actor> ActorAsync(Team? memberOf, TeamRole role = TeamRole.Member) => new((await A.UserAsync(fixture.Database, memberOf, Token, role)).Id, team.Id);
        return new(team, workspace, service, await ActorAsync(team, TeamRole.Owner), await ActorAsync(team, TeamRole.Admin), await ActorAsync(team), await ActorAsync(null));
    }

    sealed record World(Team Team, Workspace Workspace, ServiceInstance Service, Actor Owner, Actor Admin, Actor Member, Actor Outsider);
}
