using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Kyozo.Engine.Host;

namespace Kyozo.Engine.Images;

/// <summary>Something a build may reach although it lies among private addresses; port 53 is meant for UDP too.</summary>
public sealed record AllowedDestination(IPAddress Address, int Port);

/// <summary>The packet rules of the build network (DESIGN §6, SAFETY A-17) as text for iptables-restore.</summary>
public static class BuildNetworkRules
{
    /// <summary>What builds send through the host.</summary>
    public const string ForwardChain = "KYOZO-BUILD";

    /// <summary>What builds send to the host itself, under whichever of its addresses.</summary>
    public const string HostChain = "KYOZO-BUILD-HOST";

    static readonly string[] Private = ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4"];

    /// <summary>Both chains whole: restored in one step, so that there is never a moment without rules.</summary>
    public static string Chains(IEnumerable<AllowedDestination> allowed)
    {
        var rules = new StringBuilder("*filter\n").Append(CultureInfo.InvariantCulture, $":{ForwardChain} - [0:0]\n:{HostChain} - [0:0]\n");
        var destinations = allowed.Distinct().OrderBy(destination => destination.Address.ToString(), StringComparer.Ordinal).ThenBy(destination => destination.Port).ToArray();
        foreach (var chain in new[] { ForwardChain, HostChain })
        {
            rules.Append(CultureInfo.InvariantCulture, $"-A {chain} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN\n");
            foreach (var (address, port) in destinations)
            {
                rules.Append(CultureInfo.InvariantCulture, $"-A {chain} -d {address}/32 -p tcp --dport {port} -j RETURN\n");
                if (port == HostResolvers.Port) rules.Append(CultureInfo.InvariantCulture, $"-A {chain} -d {address}/32 -p udp --dport {port} -j RETURN\n");
            }
        }

        // Refused, not dropped: a build that tries fails at once and its log says why.
        foreach (var range in Private) rules.Append(CultureInfo.InvariantCulture, $"-A {ForwardChain} -d {range} -j REJECT\n");
        return rules.Append(CultureInfo.InvariantCulture, $"-A {HostChain} -j REJECT\nCOMMIT\n").ToString();
    }

    /// <summary>The host's resolvers, its proxies, and mirrors that lie among private addresses (a company's own).</summary>
    public static async Task<IReadOnlyList<AllowedDestination>> FindAllowedAsync(BuildOptions options, CancellationToken cancellationToken)
    {
        var allowed = HostResolvers.Find().Select(address => new AllowedDestination(address, HostResolvers.Port)).ToList();
        var places = new[] { options.NpmRegistry, options.AptMirror }.Concat(HostTrust.Find(options).Proxies.Values).Where(place => place.Length > 0);
        foreach (var found in await Task.WhenAll(places.Select(place => ResolveAsync(place, cancellationToken)))) allowed.AddRange(found);
        return allowed;
    }

    static async Task<IEnumerable<AllowedDestination>> ResolveAsync(string place, CancellationToken cancellationToken)
    {
        // Proxies are also written without a scheme: proxy.example:3128.
        if (!Uri.TryCreate(place.Contains("://", StringComparison.Ordinal) ? place : $"http://{place}", UriKind.Absolute, out var address) || address.Host.Length == 0) return [];
        try
        {
            return (await Dns.GetHostAddressesAsync(address.Host, AddressFamily.InterNetwork, cancellationToken)).Select(found => new AllowedDestination(found, address.Port));
        }
        catch (SocketException)
        {
            // What has no address needs no rule.
            return [];
        }
    }
}
