using System.Net;
using Kyozo.Data;
using Kyozo.Data.WorkerApi;

namespace Kyozo.Worker;

/// <summary>What is the worker's own in its host.</summary>
static class WorkerSetup
{
    /// <summary>Largest body of a request that is no upload.</summary>
    public const long MaxRequestBytes = 1 << 20;

    /// <summary>Listens where it is told (<c>Kyozo:Worker:Address</c>, <c>ASPNETCORE_URLS</c>), on this machine only: secrets travel over this API in plain text.</summary>
    public static void ListenOnLoopback(this WebApplicationBuilder builder)
    {
        var asked = builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? builder.Configuration["Kyozo:Worker:Address"] ?? WorkerClientSetup.DefaultAddress;
        foreach (var address in asked.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var host = BindingAddress.Parse(address).Host;
            if (host != "localhost" && !(IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)))
                throw new InvalidOperationException($"Kyozo:Worker:Address is \"{address}\": the worker listens on this machine only; a good value is {WorkerClientSetup.DefaultAddress}.");
        }

        builder.WebHost.UseUrls(asked);
        // Requests are names, ids and one secret at most; uploads lift the limit and have their own.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = MaxRequestBytes);
    }

    /// <summary>Where its state is, and the key ring there that portal and command line share with it.</summary>
    public static void AddKyozoHome(this IHostApplicationBuilder builder)
    {
        var home = builder.Configuration["KYOZO_HOME"] is { Length: > 0 } named ? new KyozoHome(Path.GetFullPath(named)) : KyozoHome.FromEnvironment();
        builder.Services.AddSingleton(home);
        builder.Services.AddKyozoDataProtection(home);
        builder.Services.AddSingleton<WorkerTickets>();
    }
}
