using Bunit;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Testing;
using Kyozo.Web.Components.Pages.Permissions;
using Kyozo.Web.Components.Pages.ServiceInstances;
using Kyozo.Web.Components.Pages.Team;
using Kyozo.Web.Components.Pages.Workspaces;
using Kyozo.Web.Tests.Seeding;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Web.Tests.Components;

/// <summary>SAFETY A-45..A-47: what a page shows is no protection; each handler asks again.</summary>
public sealed class RightsTests(PostgresFixture postgres) : ShopPageTests(postgres)
{
    [Fact]
    public async Task Buttons_one_may_not_press_say_which_permission_is_missing_and_who_grants_it()
    {
        await using var context = new PageContext(Database, Shop.Linus, Shop.Team);
        var page = context.Render<ServicePage>(parameters => parameters.Add(page => page.Id, Shop.Services["api"].Id));

        page.WaitForAssertion(() => Assert.Contains("Needs deploy_service", page.Find("[data-denied=deploy]").GetAttribute("title"), StringComparison.Ordinal), Patience);
        Assert.Empty(page.FindAll("[data-action]"));
    }

    [Fact]
    public async Task A_click_that_no_button_offered_is_denied_in_the_handler_and_recorded()
    {
        await using var context = new PageContext(Database, Shop.Linus, Shop.Team);
        var page = context.Render<ServicePage>(parameters => parameters.Add(page => page.Id, Shop.Services["api"].Id));
        page.WaitForElement("[data-denied=deploy]", Patience);

        foreach (var kind in (DeploymentKind[])[DeploymentKind.Deploy, DeploymentKind.Stop, DeploymentKind.Scale, DeploymentKind.Restart, DeploymentKind.Delete])
            await page.InvokeAsync(() => page.Instance.AskAsync(new(kind, new() { Replicas = 3 }, "done")));

        await using var db = Database.OpenAsAdmin();
        Assert.Equal(2, await db.Deployments.CountAsync(Cancelled));
        Assert.Equal(5, await db.AuditEvents.CountAsync(happened => happened.Action == "access_denied" && happened.ActorId == Shop.Linus.Id, Cancelled));
        context.Toasts.WaitForAssertion(() => Assert.Contains("You lack the permission", context.Toasts.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task A_revoked_permission_is_gone_from_an_open_page_and_from_clicks_on_their_way()
    {
        await using var context = new PageContext(Database, Shop.Linus, Shop.Team);
        await context.ListenAsync(Cancelled);
        var web = Shop.Services["web"].Id;
        var page = context.Render<ServicePage>(parameters => parameters.Add(page => page.Id, web));
        page.WaitForElement("[data-action=deploy]", Patience);

        await RevokeAsync(web);
        for (var click = 0; click < 10; click++)
            await page.InvokeAsync(() => page.Instance.AskAsync(new(DeploymentKind.Deploy, new(), "done")));

        await using var db = Database.OpenAsAdmin();
        Assert.Equal(2, await db.Deployments.CountAsync(Cancelled));
        page.WaitForElement("[data-denied=deploy]", Patience);
    }

    [Fact]
    public async Task A_revocation_alone_changes_the_open_page_long_before_it_would_poll()
    {
        await using var context = new PageContext(Database, Shop.Linus, Shop.Team);
        await context.ListenAsync(Cancelled);
        var web = Shop.Services["web"].Id;
        var page = context.Render<ServicePage>(parameters => parameters.Add(page => page.Id, web));
        page.WaitForElement("[data-action=deploy]", Patience);
        await Eventually.TrueAsync("the portal listens", Patience, async () => await Database.ReadAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN kyozo_changes' AND datname = current_database()", Cancelled) > 0, Cancelled);

        await RevokeAsync(web);

        page.WaitForElement("[data-denied=deploy]", Live.ChangeFeed.PollEvery / 2);
    }

    [Fact]
    public async Task A_member_grants_nothing_whatever_he_sends()
    {
        await using var context = new PageContext(Database, Shop.Linus, Shop.Team);
        var page = context.Render<PermissionsPage>();
        page.WaitForElement(".k-matrix", Patience);
        Assert.All(page.FindAll("button.k-cell"), cell => Assert.True(cell.HasAttribute("disabled")));

        var linus = new MemberRow(Shop.Linus.Id, "Linus", "linus", Data.Tenancy.TeamRole.Member);
        await page.InvokeAsync(() => page.Instance.SetAsync(linus, new(Shop.Services["api"].Id, "api", "shop"), PermissionType.DeleteService, true));

        await using var db = Database.OpenAsAdmin();
        Assert.False(await db.ServicePermissions.AnyAsync(grant => grant.PermissionType == PermissionType.DeleteService, Cancelled));
    }

    [Fact]
    public async Task An_admin_grants_with_a_click_and_takes_back_with_another()
    {
        await using var context = new PageContext(Database, Shop.Grace, Shop.Team);
        var page = context.Render<PermissionsPage>();
        const string cell = "button[data-cell='linus@example.com/api/view_logs']";
        page.WaitForElement(cell, Patience).Click();
        page.WaitForAssertion(() => Assert.Equal("true", page.Find(cell).GetAttribute("aria-checked")), Patience);
        page.WaitForAssertion(() => Assert.False(page.Find(cell).HasAttribute("disabled")), Patience);
        page.Find(cell).Click();
        page.WaitForAssertion(() => Assert.Equal("false", page.Find(cell).GetAttribute("aria-checked")), Patience);

        await using var db = Database.OpenAsAdmin();
        var grant = await db.ServicePermissions.SingleAsync(grant => grant.ServiceInstanceId == Shop.Services["api"].Id, Cancelled);
        Assert.Equal((Shop.Grace.Id, (Guid?)Shop.Grace.Id), (grant.GrantedBy, grant.RevokedBy));
    }

    [Fact]
    public async Task A_grant_in_force_is_shown_however_much_was_granted_and_taken_back_since()
    {
        var (linus, web) = (Shop.Linus.Id, Shop.Services["web"].Id);
        await Database.ExecuteAsync(
            $"""
            INSERT INTO service_permissions (id, team_id, service_instance_id, user_id, permission_type, granted_by, granted_at, revoked_by, revoked_at)
            SELECT gen_random_uuid(), '{Shop.Team.Id}', s.id, '{linus}', 'scale_service', '{Shop.Grace.Id}', now() + n * interval '1 second', '{Shop.Grace.Id}', now() + n * interval '2 seconds'
            FROM service_instances s, generate_series(1, 1000) n
            """, Cancelled);
        foreach (var chosen in (string[])[$"service={web}", $"user={linus}"])
        {
            await using var context = new PageContext(Database, Shop.Grace, Shop.Team);
            context.Services.GetRequiredService<NavigationManager>().NavigateTo($"/permissions?{chosen}");
            var page = context.Render<PermissionsPage>();

            var cell = page.WaitForElement("button[data-cell='linus@example.com/web/deploy_service']", Patience);

            Assert.Equal("true", cell.GetAttribute("aria-checked"));
            Assert.Equal(PermissionMatrix.HistoryRows, page.FindAll("section.k-section tbody tr").Count);
        }
    }

    [Fact]
    public async Task An_admin_makes_no_owner_and_removes_none()
    {
        await using var context = new PageContext(Database, Shop.Grace, Shop.Team);
        var changes = context.Services.GetRequiredService<TeamChanges>();
        var ada = new MemberRow(Shop.Ada.Id, "Ada", "ada", Data.Tenancy.TeamRole.Owner);
        var linus = new MemberRow(Shop.Linus.Id, "Linus", "linus", Data.Tenancy.TeamRole.Member);

        await Assert.ThrowsAsync<AccessDeniedException>(() => changes.RemoveAsync(ada, Cancelled));
        await Assert.ThrowsAsync<AccessDeniedException>(() => changes.ChangeRoleAsync(linus, Data.Tenancy.TeamRole.Owner, Cancelled));
        await Assert.ThrowsAsync<AccessDeniedException>(() => changes.AddAsync(new("Eve", "eve@example.com", Data.Tenancy.TeamRole.Owner), Cancelled));
        Assert.Equal(0L, await Database.ReadAsync<long>("SELECT count(*) FROM users WHERE email = 'eve@example.com'", Cancelled));
    }

    [Fact]
    public async Task Whoever_is_added_gets_a_password_that_is_shown_once()
    {
        await using var context = new PageContext(Database, Shop.Grace, Shop.Team);
        var password = await context.Services.GetRequiredService<TeamChanges>().AddAsync(new("Barbara", "barbara@example.com", Data.Tenancy.TeamRole.Member), Cancelled);

        Assert.Equal(20, password!.Length);
        Assert.Equal("member", await Database.ReadAsync<string>("SELECT role FROM team_memberships m JOIN users u ON u.id = m.user_id WHERE u.email = 'barbara@example.com'", Cancelled));
    }

    [Fact]
    public async Task A_member_changes_no_workspace()
    {
        await using var context = new PageContext(Database, Shop.Linus, Shop.Team);
        var page = context.Render<WorkspaceSettingsPage>(parameters => parameters.Add(page => page.Slug, "shop"));
        page.WaitForElement("#ws-name", Patience).Change("Mine now");
        await page.InvokeAsync(page.Instance.SaveAsync);

        Assert.Equal("Tea shop", await Database.ReadAsync<string>("SELECT name FROM workspaces", Cancelled));
    }

    [Fact]
    public async Task A_member_deletes_no_workspace_and_an_admin_asks_for_it_with_all_its_services()
    {
        foreach (var person in (Data.Tenancy.User[])[Shop.Linus, Shop.Grace])
        {
            await using var context = new PageContext(Database, person, Shop.Team);
            var page = context.Render<WorkspaceSettingsPage>(parameters => parameters.Add(page => page.Slug, "shop"));
            page.WaitForElement("#ws-name", Patience);
            await page.InvokeAsync(() => page.Instance.DeleteAsync(volumes: false));
        }

        await using var db = Database.OpenAsAdmin();
        var asked = await db.Deployments.SingleAsync(deployment => deployment.Kind == DeploymentKind.Delete, Cancelled);
        Assert.Equal(Shop.Grace.Id, asked.RequestedBy);
        Assert.True(asked.Request.DeleteWorkspace);
        Assert.Equal(Shop.Services.Values.Select(service => service.Id).Order(), asked.Request.ServiceIds.Order());
    }

    async Task RevokeAsync(Guid service)
    {
        await using var provider = Database.BuildServices(Database.Portal);
        await provider.GetRequiredService<PermissionGrants>().RevokeAsync(
            new Actor(Shop.Grace.Id, Shop.Team.Id), Shop.Linus.Id, service, PermissionType.DeployService, Cancelled);
    }
}
