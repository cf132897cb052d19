using Kyozo.Data;
using Kyozo.Data.WorkerApi;
using Kyozo.Web.Authentication;
using Kyozo.Web.Authorization;
using Kyozo.Web.Components;
using Kyozo.Web.Components.Pages.Events;
using Kyozo.Web.Components.Pages.Team;
using Kyozo.Web.Components.Pages.Workspaces;
using Kyozo.Web.Live;
using Kyozo.Web.Security;
using MudBlazor;
using MudBlazor.Services;

var builder = WebApplication.CreateBuilder(args);
var home = builder.Configuration["KYOZO_HOME"] is { Length: > 0 } root ? new KyozoHome(Path.GetFullPath(root)) : KyozoHome.FromEnvironment();

// Run from the build's output too, in every environment: `kyozo up` does not publish.
builder.WebHost.UseStaticWebAssets();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
builder.AddServiceDefaults();
builder.AddKyozoData();
builder.AddDatabaseDefaults();
builder.AddWorkerClient(home);
builder.Services.AddSingleton(home);
builder.Services.AddPortalAuthentication();
builder.Services.AddHostedService<SetupAnnouncement>();
builder.Services.AddSignInLimits(builder.Configuration);
builder.Services.AddHttpContextAccessor();
builder.Services.AddScoped<Portal>();
builder.Services.AddScoped<TeamChanges>();
builder.Services.AddSingleton<ChangeFeed>();
builder.Services.AddHostedService(services => services.GetRequiredService<ChangeFeed>());
builder.Services.AddMudServices(mud => mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight);
builder.Services.AddRazorComponents().AddInteractiveServerComponents(circuits =>
{
    circuits.DetailedErrors = false;
    circuits.DisconnectedCircuitMaxRetained = 100;
    circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(3);
}).AddHubOptions(hub => hub.MaximumReceiveMessageSize = 32 * 1024);

var app = builder.Build();

app.UseSecurityHeaders();
app.UseExceptionHandler(new ExceptionHandlerOptions
{
    ExceptionHandlingPath = "/error",
    CreateScopeForErrors = true,
    StatusCodeSelector = e => DatabaseTrouble.Of(e) is null ? StatusCodes.Status500InternalServerError : StatusCodes.Status503ServiceUnavailable,
});
app.UseOriginCheck();
app.UseRateLimiter();
app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgery();
app.MapDefaultEndpoints();
app.MapStaticAssets().AllowAnonymous();
app.MapAccount();
app.MapUpload();
app.MapTrailExport();
app.MapExport();
app.MapRazorComponents<App>().AddInteractiveServerRenderMode(circuits => circuits.ContentSecurityFrameAncestorsPolicy = null);

await app.RunAsync();
