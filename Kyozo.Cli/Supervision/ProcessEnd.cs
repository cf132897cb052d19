namespace Kyozo.Cli.Supervision;

/// <summary>Ends a process that is not this one's child.</summary>
static class ProcessEnd
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks, waits, and kills when the grace is over.</summary>
    public static async Task OfAsync(ProcessIdentity process, StopSignal signal, TimeSpan grace, TimeProvider clock)
    {
        Signals.Ask(process, signal);
        var asked = clock.GetTimestamp();
        while (process.IsAlive && clock.GetElapsedTime(asked) < grace) await Task.Delay(Pause, clock);
        Signals.End(process);
    }
}
