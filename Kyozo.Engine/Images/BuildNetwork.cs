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

    readonly Lock one = new();
    Task<string?>? closing;
    string? closedNetwork;

    /// <summary>The network's name; it is there afterwards, with its rules where they can be set.</summary>
    public async Task<string> EnsureAsync(CancellationToken cancellationToken)
    {
        await FindOpeningAsync(cancellationToken);
        return Name;
    }

    /// <summary>Why builds can reach private addresses and the host, for an operator to mend; null when the rules are set.</summary>
    public async Task<string?> FindOpeningAsync(CancellationToken cancellationToken)
    {
        var id = await runtime.EnsureNetworkAsync(Name, new Dictionary<string, string> { [KyozoLabels.Prefix + "purpose"] = "build" }, cancellationToken);
        Task<string?> setting;
        lock (one)
        {
            // Once in a process, and again should somebody have removed the network.
            if (closedNetwork != id) (closedNetwork, closing) = (id, CloseAsync(id));
            setting = closing!;
        }

        return await setting.WaitAsync(cancellationToken);
    }

    async Task<string?> CloseAsync(string networkId)
    {
        if (!OperatingSystem.IsLinux() || engine.Value.ResolveEndpoint().Scheme != "unix") return "the engine runs on another host: set the rules there";
        if (Environment.UserName != "root") return "only root may set packet rules: run the worker as root, or set them yourself";
        if (HostProgram.Find("iptables-restore") is null) return "iptables is not installed";
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            var bridge = $"br-{networkId[..12]}";
            var allowed = await BuildNetworkRules.FindAllowedAsync(options.Value, limit.Token);
            await HostProgram.RequireAsync(HostProgram.Unattended("iptables-restore", ["--noflush", "--wait", "5"]), _ => { }, limit.Token, input: BuildNetworkRules.Chains(allowed));
            await JumpAsync("DOCKER-USER", bridge, BuildNetworkRules.ForwardChain, limit.Token);
            await JumpAsync("INPUT", bridge, BuildNetworkRules.HostChain, limit.Token);
            return null;
        }
        catch (Exception failed) when (failed is HostProgramException or OperationCanceledException)
        {
            return $"the packet rules could not be set: {failed.Message}";
        }
    }

    static async Task JumpAsync(string from, string bridge, string to, CancellationToken cancellationToken)
    {
        string[] rule = ["-i", bridge, "-j", to];
        try
        {
            await HostProgram.RequireAsync("iptables", ["--wait", "5", "-C", from, .. rule], cancellationToken);
        }
        catch (HostProgramException)
        {
            await HostProgram.RequireAsync("iptables", ["--wait", "5", "-I", from, "1", .. rule], cancellationToken);
        }
    }
}
