using Kyozo.Data.Tenancy;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Deployments;
using Kyozo.Engine.Reconcile;
using Microsoft.Extensions.Options;

namespace Kyozo.Worker;

/// <summary>Keeps comparing what is wanted with what is: at once when the engine tells of something, and in any case every few seconds.</summary>
sealed class ReconcileLoop(
    Reconciler reconciler, IContainerRuntime runtime, Installation installation, IOptions<ReconcileOptions> options, TimeProvider clock, ILogger<ReconcileLoop> logger) : BackgroundService
{
    static readonly HashSet<string> Telling = ["start", "die", "oom", "destroy", "rename", "pause", "unpause"];

    readonly SemaphoreSlim _hint = new(0, 1);

    public override void Dispose()
    {
        _hint.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = ListenAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = options.Value.Interval;
            try
            {
                next = await reconciler.RunAsync(WellKnown.LocalEngine, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.LogError(e, "What is wanted could not be compared with what is");
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }

            await Task.Delay(options.Value.Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)_hint.WaitAsync(next, stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await listening;
    }

    // A hint only: a stream that ends or loses events makes the next look later, not wrong.
    async Task ListenAsync(CancellationToken cancellationToken)
    {
        var ours = new Dictionary<string, string> { [KyozoLabels.Installation] = installation.Id.ToString() };
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var told in runtime.WatchEventsAsync(ours, cancellationToken))
                {
                    if (Telling.Contains(told.Action)) Hint();
                }
            }
            catch (EngineUnavailableException)
            {
                Hint();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                logger.LogWarning("The engine's events cannot be heard: {Reason}", e.Message);
            }

            await Task.Delay(options.Value.Interval, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    void Hint()
    {
        if (_hint.CurrentCount == 0) _hint.Release();
    }
}
