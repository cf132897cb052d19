using Kyozo.Data;

namespace Kyozo.Cli.Installation;

/// <summary>Only one <c>up</c> or <c>down</c> at a time changes what runs in a home.</summary>
static class InstallationLock
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits for its turn, saying so; disposing gives the turn away.</summary>
    public static async Task<IDisposable> TakeAsync(KyozoHome home, Action<string> say, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(home.Run);
        var said = false;
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(home.Run, "up.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                if (!said) say("Another up or down is at work here; waiting for it");
                said = true;
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }
}
