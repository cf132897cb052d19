using Kyozo.Engine.DatabaseVolume;
using Microsoft.Extensions.Options;

namespace Kyozo.Worker;

/// <summary>Looks at the database's disk by a clock of its own: the schedule stands in the database, and would stop with it.</summary>
sealed class DatabaseVolumeLoop(DatabaseVolumeWatch watch, IOptions<DatabaseVolumeOptions> options, TimeProvider clock, ILogger<DatabaseVolumeLoop> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await watch.LookAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.LogWarning("The database's disk could not be looked at: {Reason}", e.Message);
            }

            await Task.Delay(options.Value.Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
