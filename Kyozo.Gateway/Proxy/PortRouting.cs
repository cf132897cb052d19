using Kyozo.Gateway.Counting;
using Kyozo.Gateway.Routes;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Forwarder;

namespace Kyozo.Gateway.Proxy;

/// <summary>Sends a request to the service whose port it came in on, counts it, and tries another replica when the chosen one could not be reached.</summary>
sealed class PortRouting(RequestDelegate next, CurrentRoutes routes, IProxyStateLookup clusters, RequestCounts counts)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (routes.Table.On(context.Connection.LocalPort) is not { } service)
        {
            await Notice.NobodyHereAsync(context);
            return;
        }

        if (service.Replicas.Count == 0 || !clusters.TryGetCluster(ProxyConfig.ClusterOf(service), out var cluster))
        {
            counts.Add(service, failed: true);
            await Notice.NotRunningAsync(context, service.Name);
            return;
        }

        context.ReassignProxyRequest(cluster);
        await ForwardAsync(context);

        var error = context.GetForwarderErrorFeature();
        var leftByVisitor = context.RequestAborted.IsCancellationRequested;
        counts.Add(service, failed: !leftByVisitor && (error is not null || context.Response.StatusCode >= StatusCodes.Status500InternalServerError));
        if (error is not null && !leftByVisitor && !context.Response.HasStarted) await Notice.NoAnswerAsync(context, service.Name);
    }

    async Task ForwardAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        var left = proxy.AvailableDestinations;
        while (true)
        {
            proxy.AvailableDestinations = left;
            await next(context);

            left = [.. left.Where(destination => destination != proxy.ProxiedDestination)];
            if (left.Count == 0 || !MayTryAgain(context)) return;
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.Clear();
        }
    }

    // Nobody has seen a request whose connection was refused; of the others only those that change nothing may be sent twice.
    static bool MayTryAgain(HttpContext context) =>
        context.GetForwarderErrorFeature() is { Error: ForwarderError.Request } error
        && !context.Response.HasStarted
        && !context.RequestAborted.IsCancellationRequested
        && (error.Exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }
            || (HttpMethods.IsGet(context.Request.Method) && context.Request.ContentLength is null or 0));
}
