using Kyozo.Cli.Setup;
using Kyozo.Data;
using Kyozo.Engine.Containers;

namespace Kyozo.Cli.Supervision;

/// <summary>Starts the database's container again when it was stopped or killed from outside; what crashes, the engine itself starts again.</summary>
sealed class DatabaseWatch(KyozoHome home, PostgresContainer container, ProcessLog log, TimeProvider clock)
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Watches until it is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (PostgresContainer.IsUsedBy(home)) await LookAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The supervisor ends.
        }
    }

    async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await container.StartAgainAsync(cancellationToken)) log.WriteLine($"[kyozo {clock.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z] the database's container had ended and was started again");
        }
        catch (Exception e) when (e is EngineUnavailableException or EngineRefusedException or ContainerNotFoundException or PortTakenException or CommandException)
        {
            log.WriteLine($"[kyozo {clock.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z] the database's container cannot be started: {e.Message}");
        }
    }
}
