using System.Net;
using System.Net.Sockets;

namespace Kyozo.Testing;

/// <summary>Stands between a program and a server on 127.0.0.1. Frozen, it takes connections and bytes and passes nothing on, as a network does that is gone without a word; thawed, everything arrives.</summary>
public sealed class FreezableProxy : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource over = new();
    readonly Task accepting;
    readonly Lock one = new();
    TaskCompletionSource flowing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    FreezableProxy(int server)
    {
        flowing.SetResult();
        listener.Start();
        accepting = AcceptAsync(server);
    }

    /// <summary>Where programs connect.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>In front of a server.</summary>
    /// <param name="server">Its port.</param>
    public static FreezableProxy Before(int server) => new(server);

    /// <summary>From now on nothing passes, in either direction.</summary>
    public void Freeze()
    {
        lock (one)
        {
            if (flowing.Task.IsCompleted) flowing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>What was held back passes, and everything after it.</summary>
    public void Thaw()
    {
        lock (one) flowing.TrySetResult();
    }

    async Task AcceptAsync(int server)
    {
        try
        {
            while (true) _ = CarryAsync(await listener.AcceptTcpClientAsync(over.Token), server);
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
                await behind.ConnectAsync(IPAddress.Loopback, server, over.Token);
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
            while (await from.ReadAsync(buffer, over.Token) is var read and > 0)
            {
                await FlowingAsync();
                await to.WriteAsync(buffer.AsMemory(0, read), over.Token);
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
        lock (one) return flowing.Task.WaitAsync(over.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        listener.Dispose();
        await accepting;
        over.Dispose();
    }
}
