using System.Net;
using System.Net.Sockets;

namespace Kyozo.Engine.Host;

/// <summary>The name servers of this machine, which its containers ask too.</summary>
static class HostResolvers
{
    /// <summary>Port of name servers, by TCP and UDP.</summary>
    public const int Port = 53;

    public static IEnumerable<IPAddress> Find()
    {
        // Where systemd resolves for the host, the engine gives containers the servers behind it.
        foreach (var file in new[] { "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf" }.Where(File.Exists))
        {
            foreach (var line in File.ReadLines(file))
            {
                if (line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is ["nameserver", var server, ..]
                    && IPAddress.TryParse(server, out var address) && address.AddressFamily == AddressFamily.InterNetwork) yield return address;
            }
        }
    }
}
