using System.Globalization;
using System.Net;
using Kyozo.Gateway.Routes;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace Kyozo.Gateway.Proxy;

/// <summary>The table as YARP's configuration: one route for everything, one cluster for each service; <see cref="PortRouting"/> joins them by port.</summary>
sealed class ProxyConfig(InMemoryConfigProvider provider, IOptions<GatewayOptions> options)
{
    const string Nowhere = "nowhere";

    /// <summary>The only route. The service sees the Host header that the visitor sent, as if it were reached directly.</summary>
    public static IReadOnlyList<RouteConfig> Routes { get; } =
    [
        new()
        {
            RouteId = "any",
            ClusterId = Nowhere,
            Match = new() { Path = "{**path}" },
            Transforms = [new Dictionary<string, string> { ["RequestHeaderOriginalHost"] = "true" }],
        },
    ];

    public static IReadOnlyList<ClusterConfig> NoClusters { get; } = [new() { ClusterId = Nowhere }];

    public static string ClusterOf(RoutedService service) => service.Id.ToString();

    public void Apply(RouteTable table) => provider.Update(Routes, [.. NoClusters, .. table.Services.Select(Cluster)]);

    ClusterConfig Cluster(RoutedService service) => new()
    {
        ClusterId = ClusterOf(service),
        LoadBalancingPolicy = LoadBalancingPolicies.LeastRequests,
        HealthCheck = new()
        {
            // When no replica seems alive all are tried: an answer may come, an error page surely would.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
            Passive = new() { Enabled = true, Policy = DeadReplicaPolicy.PolicyName, ReactivationPeriod = options.Value.ReplicaRest },
        },
        HttpClient = new() { MaxConnectionsPerServer = null },
        HttpRequest = new ForwarderRequestConfig
        {
            ActivityTimeout = options.Value.Idle,
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        },
        Destinations = service.Replicas.ToDictionary(
            replica => replica.Id.ToString(),
            replica => new DestinationConfig { Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{replica.Port}/") }),
    };
}
