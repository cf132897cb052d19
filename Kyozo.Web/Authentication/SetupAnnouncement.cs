using Kyozo.Data;
using Kyozo.Data.Tenancy;
using Kyozo.Web.Live;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Kyozo.Web.Authentication;

/// <summary>
/// Prints the one-time link of the first run on the portal's console, where a person starts the portal by itself or from the AppHost. <c>kyozo up</c> prints it
/// by itself and switches this off (<c>Kyozo:Portal:ShowSetupLink</c>). On the console alone: what is logged is kept and sent on.
/// </summary>
public sealed class SetupAnnouncement(
    FirstRun firstRun, KyozoHome home, IServer server, IHostApplicationLifetime lifetime, IConfiguration configuration, ILogger<SetupAnnouncement> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!configuration.GetValue("Kyozo:Portal:ShowSetupLink", true)) return;
        var started = new TaskCompletionSource();
        await using var _ = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        try
        {
            if (!await firstRun.IsOpenAsync(stoppingToken)) return;
            var token = PrivateFile.ReadOrCreatePassword(home.SetupTokenFile);
            Console.WriteLine($"Nobody is administrator yet. Become it, once: {new Uri(Address(), $"/setup?token={token}")}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException || DatabaseTrouble.Of(e) is not null)
        {
            logger.LogWarning("The set-up link cannot be shown: {Reason}", e.Message);
        }
    }

    // Behind a proxy only a setting knows what people type.
    Uri Address() => new(configuration["Kyozo:Portal:Address"] ?? server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://localhost");
}
