using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Kyozo.Data.WorkerApi;

/// <summary>Registration of the Worker API's client.</summary>
public static class WorkerClientSetup
{
    /// <summary>Where the worker listens when nothing is configured.</summary>
    public const string DefaultAddress = "http://127.0.0.1:5090";

    /// <summary>
    /// <see cref="WorkerClient"/>, its tickets and the shared key ring of <paramref name="home"/>. The address is that of the service <c>worker</c>
    /// (<c>services__worker__http__0</c>). The client has a handler of its own: the defaults of other clients (retries!) must not reach it.
    /// </summary>
    public static IHostApplicationBuilder AddWorkerClient(this IHostApplicationBuilder builder, KyozoHome home)
    {
        var address = builder.Configuration["services:worker:http:0"] ?? DefaultAddress;
        if (!Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new InvalidOperationException($"services:worker:http:0 is \"{address}\"; a good value is {DefaultAddress}.");
        builder.Services.AddKyozoDataProtection(home);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<WorkerTickets>();
        builder.Services.AddSingleton(services => new WorkerClient(CreateHttp(uri), services.GetRequiredService<WorkerTickets>()));
        return builder;
    }

    /// <summary>An HTTP client for the worker at that address.</summary>
    public static HttpClient CreateHttp(Uri address) =>
        new(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(3),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        })
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
}
