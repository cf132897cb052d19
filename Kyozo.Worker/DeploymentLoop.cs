using Kyozo.Data.Deployments;
using Kyozo.Data.Tenancy;
using Kyozo.Engine.Deployments;
using Kyozo.Worker.Scheduling;
using Microsoft.Extensions.Options;

namespace Kyozo.Worker;

/// <summary>Takes deployments from the queue and carries them out, several at once, one per workspace. When the worker stops, what is under way is given back.</summary>
sealed class DeploymentLoop(
    DeploymentLeases leases, DeploymentRunner runner, WorkerNode node, IOptions<DeploymentOptions> options, TimeProvider clock, ILogger<DeploymentLoop> logger) : BackgroundService
{
    // A name of this very process: one that was restarted must not take its predecessor's lease for its own.
    readonly string _owner = $"{node.Name}-{Guid.CreateVersion7(clock.GetUtcNow()).ToString("N")[^6..]}";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var underWay = new List<Task>();
        while (!stoppingToken.IsCancellationRequested)
        {
            underWay.RemoveAll(t => t.IsCompleted);
            try
            {
                if (underWay.Count < options.Value.Parallel
                    && await leases.ClaimAsync(_owner, [WellKnown.LocalEngine], options.Value.Lease, stoppingToken) is { } claimed)
                {
                    underWay.Add(CarryOutAsync(claimed, stoppingToken));
                    continue;
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.LogError("The queue of deployments cannot be read: {Reason}", e.Message);
            }

            await Task.Delay(options.Value.PollInterval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(underWay);
    }

    async Task CarryOutAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        logger.LogInformation("Deployment {Number} ({Kind}) begins", deployment.Number, deployment.Kind);
        try
        {
            await runner.RunAsync(deployment, cancellationToken);
        }
        catch (Exception e)
        {
            // Its lease runs out and it is taken up again, by this worker or another.
            logger.LogError(e, "Deployment {Number} was left unfinished", deployment.Number);
        }
    }
}
