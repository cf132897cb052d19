using System.Security.Cryptography;
using System.Text;

namespace Kyozo.Engine.Containers;

/// <summary>Interfaces of the networks whose containers may not reach this machine: packet rules know them by how their names begin, also those that are made later.</summary>
public static class ClosedBridge
{
    const string Prefix = "kyozo";

    /// <summary>All of them, as packet rules write it.</summary>
    public const string Any = Prefix + "+";

    /// <summary>The interface of a network: 15 characters, as many as Linux allows.</summary>
    public static string NameFor(string network) => Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(network)))[..10];
}
