using System.Net;
using System.Net.Sockets;
using Kyozo.Engine.Health;

namespace Kyozo.Engine.Tests.Health;

/// <summary>A listener on a free port of 127.0.0.1 that gives every connection to a handler.</summary>
sealed class LocalServer : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly Task _accepting;

    public LocalServer(Func<NetworkStream, CancellationToken, Task> handle)
    {
        _listener.Start();
        _accepting = AcceptAsync(handle);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The server as a container whose port 80 is published at it.</summary>
    public ProbeTarget Target => At(Port);

    public static ProbeTarget At(int port) =>
        new() { ContainerId = "none", HostPorts = new Dictionary<int, int> { [80] = port }, DefaultPort = 80 };

    /// <summary>Reads the request's head and writes the given text.</summary>
    public static LocalServer Answering(string text) => new(async (stream, stop) =>
    {
        await ReadHeadAsync(stream, stop);
        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(text), stop);
    });

    public static async Task ReadHeadAsync(NetworkStream stream, CancellationToken stop)
    {
        var last = 0;
        var buffer = new byte[1];
        while (last != 0x0d0a0d0a && await stream.ReadAsync(buffer, stop) > 0) last = (last << 8) | buffer[0];
    }

    /// <summary>A port on which nobody listens.</summary>
    public static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    async Task AcceptAsync(Func<NetworkStream, CancellationToken, Task> handle)
    {
        var handlers = new List<Task>();
        try
        {
            while (true) handlers.Add(HandleAsync(await _listener.AcceptTcpClientAsync(_stop.Token), handle));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(handlers);
        }
    }

    async Task HandleAsync(TcpClient client, Func<NetworkStream, CancellationToken, Task> handle)
    {
        using (client)
        {
            try
            {
                await handle(client.GetStream(), _stop.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The prober went away, or the test is over.
            }
        }
    }
}
