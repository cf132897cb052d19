using System.Net.Sockets;
using Kyozo.Data.Health;

namespace Kyozo.Engine.Health;

/// <summary>Opens a TCP connection and sees that it is not closed at once.</summary>
public sealed class TcpProbe(TimeProvider clock) : IProbe
{
    // The engine's port proxy accepts for a container that does not listen, finds nobody and closes; a server that listens waits for us or greets.
    static readonly TimeSpan ClosedAtOnce = TimeSpan.FromMilliseconds(150);

    /// <inheritdoc/>
    public CheckType Type => CheckType.Tcp;

    /// <inheritdoc/>
    public async Task<ProbeAnswer> AskAsync(HealthCheckConfig check, ProbeTarget target, CancellationToken cancellationToken)
    {
        var endpoint = ProbeEndpoint.Of(check, target);
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint, cancellationToken);

        using var patience = new CancellationTokenSource(ClosedAtOnce, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var greeting = await socket.ReceiveAsync(new byte[1], SocketFlags.None, either.Token);
            return greeting > 0 ? ProbeAnswer.Healthy : ProbeAnswer.Unhealthy("The connection was accepted and closed at once: nothing listens in the container.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ProbeAnswer.Healthy;
        }
    }
}
