using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Kyozo.Gateway.Tests;

/// <summary>A replica: a real web server on a port of its own that says its name.</summary>
sealed class Backend : IAsyncDisposable
{
    readonly WebApplication _app;

    Backend(WebApplication app, int port)
    {
        _app = app;
        Port = port;
    }

    public int Port { get; }

    public int Requests { get; private set; }

    /// <summary>Requests to /slow are answered once this is set.</summary>
    public TaskCompletionSource Slow { get; } = new();

    public static async Task<Backend> StartAsync(string name, int? port = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port ??= FreePort.Next()}");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var backend = new Backend(app, port.Value);
        app.UseWebSockets();
        app.Run(context => backend.AnswerAsync(context, name));
        await app.StartAsync();
        return backend;
    }

    public async ValueTask DisposeAsync()
    {
        Slow.TrySetResult();
        await _app.DisposeAsync();
    }

    async Task AnswerAsync(HttpContext context, string name)
    {
        Requests++;
        if (context.WebSockets.IsWebSocketRequest)
        {
            await EchoAsync(await context.WebSockets.AcceptWebSocketAsync());
            return;
        }

        if (context.Request.Path == "/slow") await Slow.Task;
        context.Response.StatusCode = context.Request.Path == "/broken" ? 500 : 200;
        await context.Response.WriteAsync(context.Request.Path == "/host" ? context.Request.Host.ToString() : name);
    }

    static async Task EchoAsync(WebSocket socket)
    {
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } message)
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, CancellationToken.None);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }
}

static class FreePort
{
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
