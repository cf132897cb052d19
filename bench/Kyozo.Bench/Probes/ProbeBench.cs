using System.Globalization;
using Kyozo.Bench.Frame;
using Kyozo.Data.Health;
using Kyozo.Engine.Health;
using Kyozo.Testing;

namespace Kyozo.Bench.Probes;

/// <summary>HTTP probes for the processor time that they cost, against Prometheus with its blackbox exporter and against HttpClient and nothing else: the same endpoints at the same pace, a new connection each time.</summary>
sealed class ProbeBench : IBench
{
    const int Endpoints = 20;
    const int Targets = 500;
    const int Turns = 5;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);

    public string Name => "probes";

    public string What =>
        $"{Targets} targets on {Endpoints} endpoints of a process of their own, each probed over HTTP every second on a new connection; probes per second of processor time of the probing processes. What Prometheus spends on keeping the samples is in its figure; with the exporter alone it is not.";

    public async Task<IReadOnlyList<Comparison>> RunAsync(Action<string> say, CancellationToken cancellationToken)
    {
        await using var endpoints = ChildProcess.Start(Environment.ProcessPath!, ["targets", $"{Endpoints}"], talks: true);
        var ports = (await endpoints.ReadLineAsync(cancellationToken)).Split(' ').Select(port => int.Parse(port, CultureInfo.InvariantCulture)).ToList();
        var urls = Enumerable.Range(0, Targets).Select(n => new Uri($"http://127.0.0.1:{ports[n % Endpoints]}/health?{n}")).ToList();
        using var probe = new HttpProbe();
        var runner = new ProbeRunner([probe], TimeProvider.System);
        var asked = urls.ConvertAll(url => (new HealthCheckConfig { Type = CheckType.Http, Path = url.PathAndQuery }, new ProbeTarget { ContainerId = "none", DefaultPort = 80, HostPorts = new Dictionary<int, int> { [80] = url.Port } }));
        using var bare = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });

        var (ours, http, exporter, prometheus) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var turn = 0; turn <= Turns; turn++)
        {
            // The first only warms up.
            Note(turn, ours, await OwnAsync(() => ProbeAsync(runner, asked, cancellationToken)));
            Note(turn, http, await OwnAsync(() => Task.WhenAll(urls.Select(url => bare.GetByteArrayAsync(url, cancellationToken)))));
        }

        List<Comparison> lines = [new("HTTP probes", "bare HttpClient", Shown(ours), Shown(http), Median(ours) / Median(http), null)];
        if (!PrometheusProbers.AreThere)
        {
            say("left out, because they are not installed: Prometheus and its blackbox exporter (apt-get install prometheus prometheus-blackbox-exporter)");
            return lines;
        }

        await using var probers = await PrometheusProbers.StartAsync(urls, Interval, cancellationToken);
        // It reads its targets some seconds after its start.
        var idle = await endpoints.AskAsync(cancellationToken);
        await Eventually.TrueAsync("Prometheus to probe", TimeSpan.FromSeconds(60), async () => await endpoints.AskAsync(cancellationToken) > idle, cancellationToken);
        for (var turn = 0; turn <= Turns; turn++)
        {
            var (answered, one, both) = (await endpoints.AskAsync(cancellationToken), probers.Blackbox.ProcessorTime, probers.Prometheus.ProcessorTime);
            await Task.Delay(Turn, cancellationToken);
            answered = await endpoints.AskAsync(cancellationToken) - answered;
            if (probers.Blackbox.HasExited || probers.Prometheus.HasExited || answered == 0) throw new InvalidOperationException("Prometheus or its exporter did not probe.");
            (one, both) = (probers.Blackbox.ProcessorTime - one, probers.Prometheus.ProcessorTime - both);
            say($"Prometheus: {answered:#,0} probes, {Figures.Time(one)} in the exporter, {Figures.Time(both)} in Prometheus");
            Note(turn, exporter, answered / one.TotalSeconds);
            Note(turn, prometheus, answered / (one + both).TotalSeconds);
        }

        return
        [
            new("HTTP probes", "Prometheus and blackbox_exporter", Shown(ours), Shown(prometheus), Median(ours) / Median(prometheus), Goal.AtLeastTimes(2)),
            new("HTTP probes", "blackbox_exporter alone", Shown(ours), Shown(exporter), Median(ours) / Median(exporter), null),
            .. lines,
        ];

        async Task<double> OwnAsync(Func<Task> batch)
        {
            var (before, answered, ends) = (Environment.CpuUsage.TotalTime, await endpoints.AskAsync(cancellationToken), TimeProvider.System.GetUtcNow() + Turn);
            using var pace = new PeriodicTimer(Interval);
            while (await pace.WaitForNextTickAsync(cancellationToken) && TimeProvider.System.GetUtcNow() < ends) await batch();
            var spent = Environment.CpuUsage.TotalTime - before;
            answered = await endpoints.AskAsync(cancellationToken) - answered;
            say($"{answered:#,0} probes in {Figures.Time(spent)}");
            return answered / spent.TotalSeconds;
        }
    }

    static async Task ProbeAsync(ProbeRunner runner, IReadOnlyList<(HealthCheckConfig, ProbeTarget)> asked, CancellationToken cancellationToken)
    {
        var results = await runner.RunAllAsync(asked, cancellationToken);
        if (results.FirstOrDefault(result => result.Status is not CheckStatus.Healthy) is { } ill) throw new InvalidOperationException($"A probe did not come through: {ill}");
    }

    static void Note(int turn, List<double> figures, double figure)
    {
        if (turn > 0) figures.Add(figure);
    }

    static double Median(List<double> figures) => figures.Order().ElementAt(figures.Count / 2);

    static string Shown(List<double> figures) => string.Create(CultureInfo.InvariantCulture, $"{Median(figures):#,0} probes/core s");
}
