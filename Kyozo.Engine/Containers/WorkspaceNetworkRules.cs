using System.Globalization;
using System.Net;
using System.Text;
using Kyozo.Engine.Host;

namespace Kyozo.Engine.Containers;

/// <summary>The packet rules of workspace networks (DESIGN §6, SAFETY A-34) as text for iptables-restore. The engine itself keeps its networks from each other.</summary>
public static class WorkspaceNetworkRules
{
    /// <summary>What services send through the host.</summary>
    public const string ForwardChain = "KYOZO-SERVICES";

    /// <summary>What services send to the host itself, under whichever of its addresses.</summary>
    public const string HostChain = "KYOZO-SERVICES-HOST";

    /// <summary>Both chains whole. Refused, not dropped: a service that tries fails at once.</summary>
    /// <param name="resolvers">Name servers; they may be the host itself, or lie where metadata services do.</param>
    /// <param name="hostPorts">TCP ports of the host that services may reach all the same.</param>
    public static string Chains(IEnumerable<IPAddress> resolvers, IEnumerable<int> hostPorts)
    {
        var rules = new StringBuilder("*filter\n").Append(CultureInfo.InvariantCulture, $":{ForwardChain} - [0:0]\n:{HostChain} - [0:0]\n");
        var servers = resolvers.Select(server => server.ToString()).Distinct().Order(StringComparer.Ordinal).ToArray();
        foreach (var chain in new[] { ForwardChain, HostChain })
        {
            // Answers to probes and to the gateway.
            rules.Append(CultureInfo.InvariantCulture, $"-A {chain} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN\n");
            foreach (var server in servers)
            {
                foreach (var protocol in new[] { "tcp", "udp" }) rules.Append(CultureInfo.InvariantCulture, $"-A {chain} -d {server}/32 -p {protocol} --dport {HostResolvers.Port} -j RETURN\n");
            }
        }

        foreach (var port in hostPorts.Distinct().Order()) rules.Append(CultureInfo.InvariantCulture, $"-A {HostChain} -p tcp --dport {port} -j RETURN\n");
        // A cloud's metadata service gives whoever asks the rights of the machine.
        return rules.Append(CultureInfo.InvariantCulture, $"-A {ForwardChain} -d 169.254.0.0/16 -j REJECT\n-A {HostChain} -j REJECT\nCOMMIT\n").ToString();
    }
}
