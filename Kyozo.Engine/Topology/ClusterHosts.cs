using System.Text.RegularExpressions;

namespace Kyozo.Engine.Topology;

/// <summary>Names of services of a cluster in values: alone, in addresses, or with the cluster's own ending.</summary>
static partial class ClusterHosts
{
    /// <summary>True when a value is that host, or holds it as a host: with a port, in an address, or by its name in the cluster.</summary>
    public static bool Names(string value, string host)
    {
        if (value.Equals(host, StringComparison.OrdinalIgnoreCase)) return true;
        for (var at = value.IndexOf(host, StringComparison.OrdinalIgnoreCase); at >= 0; at = value.IndexOf(host, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            if (at > 0 && value[at - 1] is not ('/' or '@' or ',' or '=' or ' ' or '(')) continue;
            var rest = value.AsSpan(at + host.Length);
            if (rest.Length > 1 && rest[0] == ':' && char.IsAsciiDigit(rest[1])) return true;
            if (ClusterName().IsMatch(rest)) return true;
            if (at > 2 && value[at - 1] is '/' or '@' && (rest.IsEmpty || rest[0] is '/' or '?')) return true;
        }
        return false;
    }

    /// <summary>The value with host, port and credentials as placeholders; a name in the cluster is only its first part here.</summary>
    public static string Template(string value, string host)
    {
        var end = value.IndexOf(host, StringComparison.OrdinalIgnoreCase) + host.Length;
        if (end < value.Length && value[end] == '.' && ClusterName().IsMatch(value.AsSpan(end)))
        {
            var rest = end;
            while (rest < value.Length && (char.IsAsciiLetterOrDigit(value[rest]) || value[rest] is '.' or '-')) rest++;
            value = value.Remove(end, rest - end);
        }
        return Topology.Edges.Templated(value, [host]);
    }

    [GeneratedRegex(@"^\.[a-z0-9-]{1,63}(\.svc(\.cluster\.local)?)?([:/]|$)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ClusterName();
}
