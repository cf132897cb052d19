using Kyozo.Data.Deployments;
using Microsoft.Extensions.Logging;

namespace Kyozo.Engine.Deployments;

/// <summary>Holds a claimed deployment while it is carried out: renews the lease, hears of cancellation, and ends <see cref="Token"/> on either.</summary>
sealed class DeploymentLease : IAsyncDisposable
{
    readonly DeploymentLeases _leases;
    readonly TimeProvider _clock;
    readonly ILogger _logger;
    readonly CancellationTokenSource _over;
    readonly CancellationTokenSource _heart = new();
    readonly Task _beating;
    long _renewed;

    public DeploymentLease(DeploymentLeases leases, Deployment deployment, TimeSpan length, TimeProvider clock, ILogger logger, CancellationToken stopping)
    {
        (_leases, Deployment, Length, _clock, _logger) = (leases, deployment, length, clock, logger);
        _over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _renewed = clock.GetTimestamp();
        _beating = BeatAsync();
    }

    public Deployment Deployment { get; }

    public TimeSpan Length { get; }

    /// <summary>Ends when the lease is lost, the deployment is to be cancelled, or the worker stops.</summary>
    public CancellationToken Token => _over.Token;

    public bool CancelRequested { get; private set; }

    public bool Lost { get; private set; }

    /// <summary>To be called before anything is done to the engine, which cannot check the lease itself: a process that slept longer than its lease must not wake up and go on.</summary>
    public void Demand()
    {
        if (Lost || _clock.GetElapsedTime(Volatile.Read(ref _renewed)) >= Length) throw new LeaseLostException(Deployment.Id);
    }

    public async ValueTask DisposeAsync()
    {
        await _heart.CancelAsync();
        await _beating;
        _heart.Dispose();
        _over.Dispose();
    }

    async Task BeatAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Length / 8, _clock, _heart.Token);
                var asked = _clock.GetTimestamp();
                try
                {
                    var state = await _leases.RenewAsync(Deployment, Length, _heart.Token);
                    if (state.Held) Volatile.Write(ref _renewed, asked);
                    Lost = !state.Held;
                    CancelRequested |= state.CancelRequested;
                    if (Lost || CancelRequested) await _over.CancelAsync();
                    if (Lost) return;
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    _logger.LogWarning("The lease of deployment {Deployment} could not be renewed: {Reason}", Deployment.Number, e.Message);
                    if (_clock.GetElapsedTime(Volatile.Read(ref _renewed)) < Length) continue;
                    Lost = true;
                    await _over.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The deployment has ended.
        }
    }
}
