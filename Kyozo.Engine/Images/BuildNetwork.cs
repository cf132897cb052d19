using Kyozo.Engine.Containers;

namespace Kyozo.Engine.Images;

/// <summary>The bridge for builds that download packages; builds that do not have no network at all.</summary>
public sealed class BuildNetwork(IContainerRuntime runtime)
{
    public const string Name = "kyozo-build";

    /// <summary>The network's name; it is there afterwards.</summary>
    public async Task<string> EnsureAsync(CancellationToken cancellationToken)
    {
        await runtime.EnsureNetworkAsync(Name, new Dictionary<string, string> { [KyozoLabels.Prefix + "purpose"] = "build" }, cancellationToken);
        return Name;
    }
}
