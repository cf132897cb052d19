using System.Net;
using System.Net.Sockets;
using Kyozo.Bench.Frame;
using Kyozo.Data.Health;
using Kyozo.Engine.Health;

namespace Kyozo.Bench.Data;

/// <summary>HTTP probes of one worker against HttpClient and nothing else, the same endpoints, as many at once, a new connection each time.</summary>
sealed class ProbeBench : IBench
{
    const int Endpoints = 20;
    const int Probes = 2000;
    const int AtOnce = 64;
    const int Rounds = 9;
    static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray();

    public string Name => "probes";

    public string What => $"{Probes:#,0} HTTP probes of {Endpoints} endpoints on 127.0.0.1, {AtOnce} at once and each on a connection of its own: ProbeRunner against a bare HttpClient. The endpoints are in the same process and take their share of its time.";

    public async Task<IReadOnlyList<Comparison>> RunAsync(Action<string> say, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var listeners = Enumerable.Range(0, Endpoints).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners) listener.Start(AtOnce * 2);
        var serving = listeners.ConvertAll(listener => ServeAsync(listener, over.Token));
        var ports = listeners.ConvertAll(listener => ((IPEndPoint)listener.LocalEndpoint).Port);
        using var probe = new HttpProbe();
        var runner = new ProbeRunner([probe], TimeProvider.System);
        var check = new HealthCheckConfig { Type = CheckType.Http, Path = "/health" };
        var asked = Enumerable.Range(0, Probes)
            .Select(n => (check, new ProbeTarget { ContainerId = "none", DefaultPort = 80, HostPorts = new Dictionary<int, int> { [80] = ports[n % Endpoints] } })).ToList();
        using var bare = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });

        var times = await Frame.Rounds.AlternateAsync(Rounds, () => ProbeAsync(runner, asked, cancellationToken), () => GetAsync(bare, ports, cancellationToken));
        await over.CancelAsync();
        foreach (var listener in listeners) listener.Dispose();
        await Task.WhenAll(serving);
        return [new("HTTP probes", "bare HttpClient", Figures.PerSecond(Probes, times[0], "probes"), Figures.PerSecond(Probes, times[1], "requests"), times[1] / times[0], null)];
    }

    static async Task ProbeAsync(ProbeRunner runner, IReadOnlyList<(HealthCheckConfig, ProbeTarget)> asked, CancellationToken cancellationToken)
    {
        var results = await runner.RunAllAsync(asked, cancellationToken);
        if (results.FirstOrDefault(result => result.Status is not CheckStatus.Healthy) is { } ill) throw new InvalidOperationException($"A probe did not come through: {ill}");
    }

    static Task GetAsync(HttpClient http, List<int> ports, CancellationToken cancellationToken) =>
        Parallel.ForAsync(0, Probes, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (n, stop) => await http.GetByteArrayAsync(new Uri($"http://127.0.0.1:{ports[n % Endpoints]}/health"), stop));

    static async Task ServeAsync(TcpListener listener, CancellationToken over)
    {
        try
        {
            while (true) _ = AnswerAsync(await listener.AcceptTcpClientAsync(over), over);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The bench is over.
        }
    }

    static async Task AnswerAsync(TcpClient client, CancellationToken over)
    {
        using (client)
        {
            try
            {
                // A request without a body comes in one piece.
                await client.GetStream().ReadAtLeastAsync(new byte[2048], 16, throwOnEndOfStream: false, over);
                await client.GetStream().WriteAsync(Answer, over);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The client is gone.
            }
        }
    }
}
