using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Kyozo.Engine.Host;

namespace Kyozo.Bench.Probes;

/// <summary>Prometheus and its blackbox exporter as the distribution packages them, on 127.0.0.1 with a configuration of the bench's own.</summary>
sealed class PrometheusProbers : IAsyncDisposable
{
    const string Exporter = "prometheus-blackbox-exporter";

    readonly DirectoryInfo _folder;

    PrometheusProbers(DirectoryInfo folder, ChildProcess blackbox, ChildProcess prometheus) => (_folder, Blackbox, Prometheus) = (folder, blackbox, prometheus);

    public ChildProcess Blackbox { get; }

    public ChildProcess Prometheus { get; }

    /// <summary>True when both are installed.</summary>
    public static bool AreThere => HostProgram.Find("prometheus") is not null && HostProgram.Find(Exporter) is not null;

    public static async Task<PrometheusProbers> StartAsync(IEnumerable<Uri> urls, TimeSpan interval, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("kyozo-bench-prometheus-");
        var (exporterPort, port) = (FreePort(), FreePort());
        var modules = Path.Combine(folder.FullName, "blackbox.yml");
        await File.WriteAllTextAsync(modules, "modules: {http_2xx: {prober: http, http: {preferred_ip_protocol: ip4}}}\n", cancellationToken);
        var scraping = Path.Combine(folder.FullName, "prometheus.yml");
        await File.WriteAllTextAsync(scraping, string.Create(CultureInfo.InvariantCulture,
            $$"""
            global: {scrape_interval: {{interval.TotalMilliseconds:0}}ms, scrape_timeout: {{interval.TotalMilliseconds:0}}ms}
            scrape_configs:
            - job_name: health
              metrics_path: /probe
              params: {module: [http_2xx]}
              static_configs:
              - targets: [{{string.Join(", ", urls.Select(url => $"'{url}'"))}}]
              relabel_configs:
              - {source_labels: [__address__], target_label: __param_target}
              - {source_labels: [__param_target], target_label: instance}
              - {target_label: __address__, replacement: '127.0.0.1:{{exporterPort}}'}

            """), cancellationToken);
        var blackbox = ChildProcess.Start(HostProgram.Find(Exporter)!, ["--timeout-offset=0", $"--config.file={modules}", $"--web.listen-address=127.0.0.1:{exporterPort}"]);
        var prometheus = ChildProcess.Start(
            HostProgram.Find("prometheus")!, [$"--config.file={scraping}", $"--storage.tsdb.path={Path.Combine(folder.FullName, "data")}", $"--web.listen-address=127.0.0.1:{port}"]);
        return new(folder, blackbox, prometheus);
    }

    public async ValueTask DisposeAsync()
    {
        await Prometheus.DisposeAsync();
        await Blackbox.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
