using System.Net;
using System.Net.Sockets;
using Kyozo.Gateway.Routes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Kyozo.Gateway.Ports;

/// <summary>
/// Opens the ports of the table. Kestrel does not try a failed endpoint again, and one that fails keeps those after it from being bound:
/// a port is tried here first, and a configured port that is not bound is taken out, to be put back the next time.
/// </summary>
sealed class PortBinder(PortEndpoints endpoints, IServer server, IOptions<GatewayOptions> options, ILogger<PortBinder> logger)
{
    readonly HashSet<int> _configured = [];
    readonly HashSet<int> _taken = [];
    readonly HashSet<int> _fresh = [];

    /// <summary>Called at every turn of the loop, so that what failed is tried again.</summary>
    public void Open(RouteTable table)
    {
        var wanted = table.Services.Select(service => service.Port).ToHashSet();
        var before = _configured.ToHashSet();
        var dead = _configured.Where(port => !IsBound(port) && !_fresh.Contains(port)).ToHashSet();
        _fresh.Clear();
        _configured.RemoveWhere(port => !wanted.Contains(port) || dead.Contains(port));

        foreach (var port in wanted.Where(port => !_configured.Contains(port) && !dead.Contains(port)))
        {
            if (!IsFree(port))
            {
                if (_taken.Add(port)) logger.LogWarning("Port {Port} of the service {Service} is in use by another program; it is tried again", port, table.On(port)!.Name);
                continue;
            }

            _taken.Remove(port);
            _configured.Add(port);
            _fresh.Add(port);
        }

        if (!_configured.SetEquals(before)) endpoints.Set(_configured.Order(), options.Value.Address);
    }

    bool IsBound(int port) =>
        server.Features.Get<IServerAddressesFeature>()?.Addresses.Contains(PortEndpoints.Url(options.Value.Address, port)) ?? false;

    bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Parse(options.Value.Address), port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
