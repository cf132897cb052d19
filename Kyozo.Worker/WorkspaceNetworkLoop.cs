using Kyozo.Engine.Containers;
using Microsoft.Extensions.Options;

namespace Kyozo.Worker;

/// <summary>Sets the packet rules of workspace networks, and again and again: a firewall that is loaded anew forgets them.</summary>
sealed class WorkspaceNetworkLoop(WorkspaceNetworkGuard guard, IOptions<WorkspaceNetworkOptions> options, TimeProvider clock, ILogger<WorkspaceNetworkLoop> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string? told = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            var opening = await guard.CloseAsync(stoppingToken);
            if (opening is not null && opening != told) logger.LogWarning("Services can reach this machine's own addresses: {Reason}", opening);
            told = opening;
            await Task.Delay(options.Value.Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
