namespace Kyozo.Engine.Host;

/// <summary>What comes in by an interface (a trailing <c>+</c> stands for any ending) asks a chain of ours before <paramref name="From"/> goes on.</summary>
public sealed record PacketJump(string From, string Interface, string To);

/// <summary>Packet rules of this machine, where this process may set them.</summary>
public static class PacketRules
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Puts chains in the place of what they were, all in one step, and the jumps to them where they are missing.</summary>
    /// <param name="engine">Address of the engine whose networks are meant.</param>
    /// <param name="chains">Makes the chains, as text for iptables-restore; looking up what they name counts among the time.</param>
    /// <param name="jumps">Who asks them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Why they could not be set, for an operator to mend; null when they are.</returns>
    public static async Task<string?> SetAsync(Uri engine, Func<CancellationToken, Task<string>> chains, IEnumerable<PacketJump> jumps, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || engine.Scheme != "unix") return "the engine runs on another host: set the rules there";
        if (Environment.UserName != "root") return "only root may set packet rules: run the worker as root, or set them yourself";
        if (HostProgram.Find("iptables-restore") is null) return "iptables is not installed";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            await HostProgram.RequireAsync(HostProgram.Unattended("iptables-restore", ["--noflush", "--wait", "5"]), _ => { }, limit.Token, input: await chains(limit.Token));
            foreach (var jump in jumps) await JumpAsync(jump, limit.Token);
            return null;
        }
        catch (Exception failed) when (failed is HostProgramException || (failed is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return $"the packet rules could not be set: {failed.Message}";
        }
    }

    static async Task JumpAsync(PacketJump jump, CancellationToken cancellationToken)
    {
        string[] rule = ["-i", jump.Interface, "-j", jump.To];
        try
        {
            await HostProgram.RequireAsync("iptables", ["--wait", "5", "-C", jump.From, .. rule], cancellationToken);
        }
        catch (HostProgramException)
        {
            await HostProgram.RequireAsync("iptables", ["--wait", "5", "-I", jump.From, "1", .. rule], cancellationToken);
        }
    }
}
