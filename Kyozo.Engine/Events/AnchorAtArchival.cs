using Kyozo.Engine.Retention;
using Microsoft.Extensions.Logging;

namespace Kyozo.Engine.Events;

/// <summary>Anchors the trail whenever rows of it have moved to the archive.</summary>
sealed class AnchorAtArchival(AnchorWriter anchors, ILogger<AnchorAtArchival> logger) : IArchivalFollower
{
    public async Task ArchivedAsync(IReadOnlyList<string> partitions, CancellationToken cancellationToken)
    {
        try
        {
            await anchors.RunAsync(cancellationToken);
        }
        catch (TrailBrokenException e)
        {
            // The hourly job stays red with it; checks and metrics past their limit must go all the same, or the disk fills up.
            logger.LogError("{Message}", e.Message);
        }
    }
}
