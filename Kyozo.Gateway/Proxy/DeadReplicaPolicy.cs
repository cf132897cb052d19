using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Kyozo.Gateway.Proxy;

/// <summary>A replica that could not be reached is left alone for a while: the worker's probes, which take it out of service, need some seconds.</summary>
sealed class DeadReplicaPolicy(IDestinationHealthUpdater health, IOptions<GatewayOptions> options) : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "DeadReplica";

    public string Name => PolicyName;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (context.GetForwarderErrorFeature() is { Error: ForwarderError.Request })
            health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, options.Value.ReplicaRest);
    }
}
