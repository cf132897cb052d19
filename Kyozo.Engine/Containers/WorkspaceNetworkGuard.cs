using Kyozo.Engine.Containers.Docker;
using Kyozo.Engine.Host;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Containers;

/// <summary>
/// Keeps services from this machine: they reach each other and the outside, but none of its own addresses (portal, database, engine) and no metadata service.
/// Works where this process may set packet rules.
/// </summary>
public sealed class WorkspaceNetworkGuard(IOptions<WorkspaceNetworkOptions> options, IOptions<DockerOptions> engine)
{
    static readonly PacketJump[] Jumps =
    [
        new("DOCKER-USER", ClosedBridge.Any, WorkspaceNetworkRules.ForwardChain),
        new("INPUT", ClosedBridge.Any, WorkspaceNetworkRules.HostChain),
    ];

    /// <summary>Sets the rules for the networks that are there and those to come; a second time changes nothing.</summary>
    /// <returns>Why services can reach this machine, for an operator to mend; null when the rules are set.</returns>
    public Task<string?> CloseAsync(CancellationToken cancellationToken) =>
        PacketRules.SetAsync(engine.Value.ResolveEndpoint(), _ => Task.FromResult(WorkspaceNetworkRules.Chains(HostResolvers.Find(), options.Value.HostPorts)), Jumps, cancellationToken);
}
