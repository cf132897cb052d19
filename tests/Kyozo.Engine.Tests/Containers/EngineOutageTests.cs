using System.Net;
using System.Net.Sockets;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Containers.Docker;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Tests.Containers;

/// <summary>An engine that is not there, and one that takes the call and never answers (SAFETY M20).</summary>
public sealed class EngineOutageTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_engine_is_said_plainly()
    {
        using var runtime = RuntimeAt("unix:///nowhere/docker.sock");

        var problem = await Assert.ThrowsAsync<EngineUnavailableException>(() => runtime.GetEngineAsync(Cancel));

        Assert.Contains("/nowhere/docker.sock", problem.Message);
        await Assert.ThrowsAsync<EngineUnavailableException>(() => runtime.FindContainerAsync("x", Cancel));
        await Assert.ThrowsAsync<EngineUnavailableException>(async () => { await foreach (var _ in runtime.WatchEventsAsync(new Dictionary<string, string>(), Cancel)) { } });
        await Assert.ThrowsAsync<EngineUnavailableException>(async () => { await foreach (var _ in runtime.ReadLogsAsync("x", new(), Cancel)) { } });
    }

    [Fact]
    public async Task A_frozen_engine_does_not_hold_a_call_for_ever()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var runtime = RuntimeAt($"tcp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

        var problem = await Assert.ThrowsAsync<EngineUnavailableException>(() => runtime.FindContainerAsync("x", Cancel));
        Assert.Contains("did not answer within 1 s", problem.Message);
        await Assert.ThrowsAsync<EngineUnavailableException>(async () => { await foreach (var _ in runtime.ReadLogsAsync("x", new() { Follow = true }, Cancel)) { } });
        await Assert.ThrowsAsync<EngineUnavailableException>(() => runtime.ExecAsync("x", ["true"], TimeSpan.FromSeconds(1), Cancel));
    }

    static DockerRuntime RuntimeAt(string endpoint) =>
        new(Options.Create(new DockerOptions { Endpoint = endpoint, CallTimeout = TimeSpan.FromSeconds(1) }), TimeProvider.System);
}
