using System.Globalization;
using Kyozo.Cli.Setup;
using Kyozo.Data;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Host;

namespace Kyozo.Cli.Supervision;

/// <summary>
/// Starts the container engine again when it has died and this installation had started it. It is not the supervisor's child:
/// services, and so the engine, outlive Kyozo.
/// </summary>
sealed class EngineWatch(KyozoHome home, IContainerRuntime runtime, ContainerEngineSetup setup, ProcessLog log, TimeProvider clock)
{
    const string PidFile = "/var/run/docker.pid";
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Watches until it is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (!File.Exists(ContainerEngineSetup.OwnMarker(home)) || IsProcessAlive() || await AnswersAsync(cancellationToken)) continue;
                log.WriteLine($"[kyozo {clock.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z] the container engine has died and is started again");
                await TryStartAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The supervisor ends.
        }
    }

    async Task TryStartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await setup.EnsureAsync(log.WriteLine, cancellationToken);
        }
        catch (Exception e) when (e is CommandException or HostProgramException)
        {
            log.WriteLine(e.Message);
        }
    }

    // One that lives but does not answer is not started a second time (SAFETY M20).
    static bool IsProcessAlive() =>
        File.Exists(PidFile) && int.TryParse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture, out var pid) && ProcessIdentity.Of(pid) is not null;

    async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await runtime.GetEngineAsync(cancellationToken);
            return true;
        }
        catch (EngineUnavailableException)
        {
            return false;
        }
    }
}
