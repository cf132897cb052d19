using System.Net;
using Kyozo.Data.Health;

namespace Kyozo.Engine.Health;

/// <summary>Where a network probe connects: the container's own port on 127.0.0.1, else its address in the workspace's network. Only port and path are configurable, so a check cannot be aimed at anything else (SAFETY A-37).</summary>
static class ProbeEndpoint
{
    /// <summary>The address to connect to.</summary>
    /// <exception cref="ProbeSetupException">The check names no port, or one that the container does not offer.</exception>
    public static IPEndPoint Of(HealthCheckConfig check, ProbeTarget target)
    {
        var port = check.Port ?? target.DefaultPort ?? throw new ProbeSetupException("The check names no port and the service has none.");
        if (port is < 1 or > 65535) throw new ProbeSetupException($"Port {port} is not between 1 and 65535.");
        if (target.HostPorts.TryGetValue(port, out var hostPort)) return new(IPAddress.Loopback, hostPort);
        if (target.Address is not null && IPAddress.TryParse(target.Address, out var address)) return new(address, port);
        throw new ProbeSetupException($"Port {port} of the container is not published and it has no address of its own.");
    }

    /// <summary>The address with a path, for http.</summary>
    /// <exception cref="ProbeSetupException">The path is not one.</exception>
    public static Uri Url(HealthCheckConfig check, ProbeTarget target)
    {
        var endpoint = Of(check, target);
        var path = check.Path ?? "/";
        if (path.Length > 2000 || !path.StartsWith('/') || path.Any(c => char.IsControl(c) || c == '\\'))
            throw new ProbeSetupException("The path of an http check starts with / and has no control characters or backslashes.");

        // The authority ends at the path's slash; what the parser made of it is compared all the same.
        return Uri.TryCreate($"http://{endpoint}{path}", UriKind.Absolute, out var url)
            && url.Port == endpoint.Port && IPAddress.TryParse(url.Host.Trim('[', ']'), out var host) && host.Equals(endpoint.Address)
            ? url
            : throw new ProbeSetupException($"\"{path}\" is not a path.");
    }
}

/// <summary>A check that cannot be made as it is configured.</summary>
sealed class ProbeSetupException(string message) : Exception(message);
