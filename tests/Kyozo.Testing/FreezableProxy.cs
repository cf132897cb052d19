using System.Net;
using System.Net.Sockets;

namespace Kyozo.Testing;

/// <summary>Stands between a program and a server on 127.0.0.1. Frozen, it takes connections and bytes and passes nothing on, as a network does that is gone without a word; thawed, everything arrives.</summary>
public sealed class FreezableProxy : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _over = new();
    readonly Task _accepting;
    readonly Lock _one = new();
    TaskCompletionSource _flowing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    FreezableProxy(int server)
    {
        _flowing.SetResult();
        _listener.Start();
        _accepting = AcceptAsync(server);
    }

    /// <summary>Where programs connect.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>In front of a server.</summary>
    /// <param name="server">Its port.</param>
    public static FreezableProxy Before(int server) => new(server);

    /// <summary>From now on nothing passes, in either direction.</summary>
    public void Freeze()
    {
        lock (_one)
        {
            if (_flowing.Task.IsCompleted) _flowing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>What was held back passes, and everything after it.</summary>
    public void Thaw()
    {
        lock (_one) _flowing.TrySetResult();
    }

    async Task AcceptAsync(int server)
    {
        try
        {
            while (true) _ = CarryAsync(await _listener.AcceptTcpClientAsync(_over.Token), server);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    async Task CarryAsync(TcpClient program, int server)
    {
        using (program)
        using (var behind = new TcpClient())
        {
            try
            {
                await FlowingAsync();
                await behind.ConnectAsync(IPAddress.Loopback, server, _over.Token);
                await Task.WhenAny(PassAsync(program.GetStream(), behind.GetStream()), PassAsync(behind.GetStream(), program.GetStream()));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One of the two is gone; so is the other now.
            }
        }
    }

    async Task PassAsync(NetworkStream from, NetworkStream to)
    {
        try
        {
            var buffer = new byte[1 << 14];
            while (await from.ReadAsync(buffer, _over.Token) is var read and > 0)
            {
                await FlowingAsync();
                await to.WriteAsync(buffer.AsMemory(0, read), _over.Token);
            }

            // The end of a connection is news too.
            await FlowingAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Told by closing both.
        }
    }

    Task FlowingAsync()
    {
        lock (_one) return _flowing.Task.WaitAsync(_over.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _over.Dispose();
    }
}
