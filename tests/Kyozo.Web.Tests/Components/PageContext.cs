using System.Security.Claims;
using Bunit;
using Kyozo.Data;
using Kyozo.Data.Tenancy;
using Kyozo.Data.WorkerApi;
using Kyozo.Testing;
using Kyozo.Web.Authentication;
using Kyozo.Web.Authorization;
using Kyozo.Web.Components.Pages.Team;
using Kyozo.Web.Live;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using MudBlazor.Services;

namespace Kyozo.Web.Tests.Components;

/// <summary>Pages rendered without a browser, over a real database and as a real person; there is no worker.</summary>
public sealed class PageContext : BunitContext
{
    public PageContext(TestDatabase database, User person, Data.Tenancy.Team team)
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddKyozoData(database.Portal, "page tests");
        Services.AddMudServices();
        Services.AddHttpContextAccessor();
        Services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
        Services.AddSingleton<WorkerTickets>();
        Services.AddSingleton(provider => new WorkerClient(WorkerClientSetup.CreateHttp(new Uri("http://127.0.0.1:1/")), provider.GetRequiredService<WorkerTickets>()));
        Services.AddSingleton<ChangeFeed>();
        Services.AddScoped<Portal>();
        Services.AddScoped<TeamChanges>();
        Services.AddIdentityCore<User>(PortalAuthentication.Configure).AddEntityFrameworkStores<KyozoContext>();
        AddAuthorization().SetAuthorized(person.UserName!).SetClaims(new Claim(ClaimTypes.NameIdentifier, person.Id.ToString()));
        AddBunitPersistentComponentState();
        Services.GetRequiredService<Portal>().ChosenTeam = team.Id;
        Render<MudPopoverProvider>();
        Toasts = Render<MudSnackbarProvider>();
    }

    public IRenderedComponent<MudSnackbarProvider> Toasts { get; }

    /// <summary>Listens to the database's changes, as the portal does.</summary>
    public Task ListenAsync(CancellationToken cancellationToken) => Services.GetRequiredService<ChangeFeed>().StartAsync(cancellationToken);
}
