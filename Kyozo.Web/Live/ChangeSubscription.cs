namespace Kyozo.Web.Live;

/// <summary>One subscriber of the <see cref="ChangeFeed"/>. Many changes while it works are one wake-up.</summary>
public sealed class ChangeSubscription(Func<Change, bool> wanted, TimeProvider clock, Action<ChangeSubscription> ended) : IDisposable
{
    static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(120);
    readonly SemaphoreSlim _signal = new(0, 1);

    internal void Offer(Change change)
    {
        if (!wanted(change) || _signal.CurrentCount > 0) return;
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else was quicker: the subscriber is awake already.
        }
    }

    /// <summary>Returns at the next change that is wanted, or after <paramref name="atLatest"/>.</summary>
    public async Task WaitAsync(TimeSpan atLatest, CancellationToken cancellationToken)
    {
        // One transaction tells of many rows: let them all come before anybody reads.
        if (await _signal.WaitAsync(atLatest, cancellationToken)) await Task.Delay(Settle, clock, cancellationToken);
    }

    public void Dispose() => ended(this);
}
