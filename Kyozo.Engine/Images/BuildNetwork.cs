using Kyozo.Engine.Containers;
using Kyozo.Engine.Containers.Docker;
using Kyozo.Engine.Host;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Images;

/// <summary>
/// The bridge for builds that download packages; builds that do not have no network at all. Where this process may, packet rules keep
/// builds from the host and from private addresses, but for the resolver, proxies and mirrors.
/// </summary>
public sealed class BuildNetwork(IContainerRuntime runtime, IOptions<BuildOptions> options, IOptions<DockerOptions> engine)
{
    public const string Name = "kyozo-build";

    readonly Lock _one = new();
    Task<string?>? _closing;
    string? _closedNetwork;

    /// <summary>The network's name; it is there afterwards, with its rules where they can be set.</summary>
    public async Task<string> EnsureAsync(CancellationToken cancellationToken)
    {
        await FindOpeningAsync(cancellationToken);
        return Name;
    }

    /// <summary>Why builds can reach private addresses and the host, for an operator to mend; null when the rules are set.</summary>
    public async Task<string?> FindOpeningAsync(CancellationToken cancellationToken)
    {
        var id = await runtime.EnsureNetworkAsync(Name, bridge: null, new Dictionary<string, string> { [KyozoLabels.Prefix + "purpose"] = "build" }, cancellationToken);
        Task<string?> setting;
        lock (_one)
        {
            // Once in a process, and again should somebody have removed the network.
            if (_closedNetwork != id) (_closedNetwork, _closing) = (id, CloseAsync(id));
            setting = _closing!;
        }

        return await setting.WaitAsync(cancellationToken);
    }

    Task<string?> CloseAsync(string networkId)
    {
        var bridge = $"br-{networkId[..12]}";
        return PacketRules.SetAsync(engine.Value.ResolveEndpoint(), async token => BuildNetworkRules.Chains(await BuildNetworkRules.FindAllowedAsync(options.Value, token)),
            [new("DOCKER-USER", bridge, BuildNetworkRules.ForwardChain), new("INPUT", bridge, BuildNetworkRules.HostChain)], CancellationToken.None);
    }
}
