using System.Text;
using Kyozo.Data.Health;
using Kyozo.Engine.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Kyozo.Engine.Tests.Health;

public sealed class NetworkProbeTests
{
    static readonly HealthCheckConfig Http = new() { Type = CheckType.Http };
    static readonly HealthCheckConfig Tcp = new() { Type = CheckType.Tcp };
    static readonly HealthCheckConfig Grpc = new() { Type = CheckType.Grpc };
    static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    static ProbeRunner Runner => new([new HttpProbe(), new TcpProbe(TimeProvider.System), new GrpcProbe()], TimeProvider.System);

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n")]
    public async Task A_status_below_400_is_healthy_and_a_redirect_is_not_followed(string answer)
    {
        await using var server = LocalServer.Answering(answer);

        var result = await Runner.RunAsync(Http, server.Target, Stop);

        Assert.Equal(CheckStatus.Healthy, result.Status);
        Assert.NotNull(result.ResponseTime);
    }

    [Fact]
    public async Task An_error_status_is_unhealthy_and_says_which()
    {
        await using var server = LocalServer.Answering("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");

        var result = await Runner.RunAsync(Http with { Path = "/healthz" }, server.Target, Stop);

        Assert.Equal((CheckStatus.Unhealthy, "GET /healthz answered 503 Service Unavailable."), (result.Status, result.Error));
    }

    [Theory]
    [InlineData(CheckType.Http)]
    [InlineData(CheckType.Tcp)]
    [InlineData(CheckType.Grpc)]
    public async Task Closed_port_is_unhealthy_and_says_why(CheckType type)
    {
        var result = await Runner.RunAsync(new() { Type = type }, LocalServer.At(LocalServer.ClosedPort()), Stop);

        Assert.Equal(CheckStatus.Unhealthy, result.Status);
        Assert.Contains("refused", result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(CheckType.Http)]
    [InlineData(CheckType.Grpc)]
    public async Task A_server_that_never_answers_is_timed_out(CheckType type)
    {
        await using var server = new LocalServer((_, stop) => Task.Delay(Timeout.Infinite, stop));

        var result = await Runner.RunAsync(new() { Type = type, Timeout = Short }, server.Target, Stop);

        Assert.Equal((CheckStatus.TimedOut, "No answer within 0.3 s."), (result.Status, result.Error));
    }

    [Fact]
    public async Task A_body_that_trickles_is_timed_out()
    {
        await using var server = new LocalServer(async (stream, stop) =>
        {
            await LocalServer.ReadHeadAsync(stream, stop);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx"u8.ToArray(), stop);
            await Task.Delay(Timeout.Infinite, stop);
        });

        Assert.Equal(CheckStatus.TimedOut, (await Runner.RunAsync(Http with { Timeout = Short }, server.Target, Stop)).Status);
    }

    [Fact]
    public async Task A_body_without_end_is_too_large()
    {
        await using var server = new LocalServer(async (stream, stop) =>
        {
            await LocalServer.ReadHeadAsync(stream, stop);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"u8.ToArray(), stop);
            for (var block = new byte[65536]; ;) await stream.WriteAsync(block, stop);
        });

        var result = await Runner.RunAsync(Http, server.Target, Stop);

        Assert.Equal(CheckStatus.Unhealthy, result.Status);
        Assert.Contains("too large", result.Error);
    }

    [Fact]
    public async Task Ten_thousand_headers_are_unhealthy()
    {
        var headers = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-{i}: {i}\r\n"));
        await using var server = LocalServer.Answering($"HTTP/1.1 200 OK\r\n{headers}\r\n");

        Assert.Equal(CheckStatus.Unhealthy, (await Runner.RunAsync(Http, server.Target, Stop)).Status);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n")]
    [InlineData("this is not HTTP\r\n\r\n")]
    public async Task A_broken_answer_is_unhealthy(string answer)
    {
        await using var server = LocalServer.Answering(answer);

        Assert.Equal(CheckStatus.Unhealthy, (await Runner.RunAsync(Http, server.Target, Stop)).Status);
    }

    [Fact]
    public async Task What_a_server_says_is_stored_short_and_without_control_characters()
    {
        await using var server = LocalServer.Answering($"HTTP/1.1 500 a\u001b[2J<script>{new string('x', 5000)}\r\nContent-Length: 0\r\n\r\n");

        var result = await Runner.RunAsync(Http, server.Target, Stop);

        Assert.InRange(result.Error!.Length, 1, 500);
        Assert.DoesNotContain(result.Error, char.IsControl);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("@169.254.169.254/latest")]
    [InlineData(".evil.example/")]
    [InlineData("")]
    [InlineData("/\\evil.example/")]
    [InlineData("/x\r\nHost: y")]
    [InlineData("/\0")]
    public async Task A_path_that_is_not_one_is_not_asked(string path)
    {
        await using var server = LocalServer.Answering("HTTP/1.1 200 OK\r\n\r\n");

        Assert.Equal(CheckStatus.Unknown, (await Runner.RunAsync(Http with { Path = path }, server.Target, Stop)).Status);
    }

    [Theory]
    [InlineData("//169.254.169.254/latest")]
    [InlineData("/../../@169.254.169.254")]
    [InlineData("/?u=http://169.254.169.254")]
    public async Task Whatever_the_path_says_the_container_is_asked(string path)
    {
        await using var server = LocalServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(CheckStatus.Healthy, (await Runner.RunAsync(Http with { Path = path }, server.Target, Stop)).Status);
    }

    [Fact]
    public async Task A_port_that_the_container_does_not_offer_is_not_asked()
    {
        await using var server = LocalServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(CheckStatus.Unknown, (await Runner.RunAsync(Http with { Port = server.Port }, server.Target, Stop)).Status);
    }

    [Fact]
    public async Task An_open_port_is_healthy_whether_the_server_speaks_first_or_waits()
    {
        await using var waits = new LocalServer((_, stop) => Task.Delay(Timeout.Infinite, stop));
        await using var greets = new LocalServer(async (stream, stop) => await stream.WriteAsync("220 hello\r\n"u8.ToArray(), stop));

        Assert.Equal(CheckStatus.Healthy, (await Runner.RunAsync(Tcp, waits.Target, Stop)).Status);
        Assert.Equal(CheckStatus.Healthy, (await Runner.RunAsync(Tcp, greets.Target, Stop)).Status);
    }

    [Fact]
    public async Task A_connection_that_is_closed_at_once_is_the_proxy_in_front_of_nobody()
    {
        await using var server = new LocalServer((_, _) => Task.CompletedTask);

        Assert.Equal(CheckStatus.Unhealthy, (await Runner.RunAsync(Tcp, server.Target, Stop)).Status);
    }

    [Theory]
    [InlineData(1, CheckStatus.Healthy)]
    [InlineData(2, CheckStatus.Unhealthy)]
    public async Task Grpc_is_healthy_when_it_says_serving(byte status, CheckStatus expected)
    {
        await using var server = await GrpcServerAsync(status);

        Assert.Equal(expected, (await Runner.RunAsync(Grpc, LocalServer.At(new Uri(server.Urls.First()).Port), Stop)).Status);
    }

    [Fact]
    public async Task A_grpc_server_without_the_health_service_is_unhealthy_and_says_so()
    {
        await using var server = await GrpcServerAsync(null);

        var result = await Runner.RunAsync(Grpc, LocalServer.At(new Uri(server.Urls.First()).Port), Stop);

        Assert.Equal(CheckStatus.Unhealthy, result.Status);
        Assert.Contains("grpc.health.v1", result.Error);
    }

    [Fact]
    public async Task A_hundred_slow_probes_run_side_by_side_and_keep_their_order()
    {
        await using var slow = new LocalServer((_, stop) => Task.Delay(Timeout.Infinite, stop));
        await using var quick = LocalServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        var asked = Enumerable.Range(0, 100).Select(i => (Http with { Timeout = TimeSpan.FromSeconds(2) }, i % 10 == 0 ? slow.Target : quick.Target)).ToList();

        var results = await Runner.RunAllAsync(asked, Stop);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => i % 10 == 0 ? CheckStatus.TimedOut : CheckStatus.Healthy), results.Select(r => r.Status));
    }

    [Fact]
    public async Task Stopping_is_not_a_timeout()
    {
        await using var server = new LocalServer((_, stop) => Task.Delay(Timeout.Infinite, stop));
        using var stop = new CancellationTokenSource(Short);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Runner.RunAsync(Http with { Timeout = TimeSpan.FromMinutes(1) }, server.Target, stop.Token));
    }

    // A gRPC server by hand: one unary method whose answer is the two bytes of HealthCheckResponse { status }; null knows no method.
    static async Task<WebApplication> GrpcServerAsync(byte? status)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o => o.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.ContentType = "application/grpc";
            if (status is null)
            {
                context.Response.Headers["grpc-status"] = "12";
                return;
            }

            Assert.Equal("/grpc.health.v1.Health/Check", context.Request.Path);
            await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 0x08, status.Value });
            context.Response.AppendTrailer("grpc-status", Encoding.ASCII.GetString("0"u8));
        });
        await app.StartAsync(Stop);
        return app;
    }
}
