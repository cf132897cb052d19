using Bunit;
using Kyozo.Data.Topology;
using Kyozo.Testing;
using Kyozo.Web.Components.Pages.Topology;
using Kyozo.Web.Live;
using Kyozo.Web.Tests.Seeding;

namespace Kyozo.Web.Tests.Components;

/// <summary>The detection page with what people said about its findings.</summary>
public sealed class CorrectionPagesTests(PostgresFixture postgres) : ShopPageTests(postgres)
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await using var db = Database.OpenAsAdmin();
        db.Add(new DetectionCorrection
        {
            Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()),
            TeamId = Shop.Team.Id,
            WorkspaceId = Shop.Workspace.Id,
            Kind = CorrectionKind.Service,
            FolderPath = "/api",
            ServiceName = "api",
            Values = new() { Port = 9000 },
            CorrectedBy = Shop.Ada.Id,
            CorrectedAt = TimeProvider.System.GetUtcNow(),
        });
        await db.SaveChangesAsync(Cancelled);
    }

    [Fact]
    public async Task Who_may_change_the_configuration_sees_corrections_and_can_correct_undo_and_export()
    {
        await using var context = new PageContext(Database, Shop.Ada, Shop.Team);
        var page = context.Render<DetectionPage>(parameters => parameters.Add(page => page.Slug, Shop.Workspace.Slug));

        page.WaitForAssertion(() => Assert.NotNull(page.Find("[aria-label^='Undo: api']")), Patience);

        Assert.NotEmpty(page.FindAll("form[aria-label='Add a service']"));
        Assert.Equal(["kyozo.yaml", "docker-compose.yml"], page.FindAll("a[download]").Select(link => link.GetAttribute("download")));
    }

    [Fact]
    public async Task Who_may_not_sees_what_was_said_and_cannot_change_it()
    {
        await using var context = new PageContext(Database, Shop.Linus, Shop.Team);
        var page = context.Render<DetectionPage>(parameters => parameters.Add(page => page.Slug, Shop.Workspace.Slug));

        page.WaitForAssertion(() => Assert.Contains("Corrections", page.Markup, StringComparison.Ordinal), Patience);

        Assert.Empty(page.FindAll("[aria-label^='Undo']"));
        Assert.Empty(page.FindAll("form[aria-label='Add a service']"));
    }

    [Fact]
    public void Only_what_differs_from_the_finding_is_said()
    {
        var service = new DetectedService { Name = "api", Path = "api", Type = ServiceType.Nodejs, Port = 3000, StartCommand = "npm start", Confidence = 0.7 };
        var form = CorrectionForm.Of(service);

        form.Port = "9000";
        Assert.Equal(new CorrectedValues { Port = 9000 }, form.Against(service, new()));

        form.Port = "";
        form.Start = "node server.js";
        Assert.Equal(new CorrectedValues { Port = 0, StartCommand = "node server.js" }, form.Against(service, new()));

        form.Port = "70000";
        Assert.Contains("is no port", Assert.Throws<RefusedException>(() => form.Against(service, new())).Message, StringComparison.Ordinal);
    }
}
