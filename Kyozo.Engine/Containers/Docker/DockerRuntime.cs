using Docker.DotNet;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>A Docker engine as <see cref="IContainerRuntime"/>; the API version is the engine's own, never pinned. Each kind of thing has its own class.</summary>
sealed class DockerRuntime : IContainerRuntime, IDisposable
{
    readonly DockerClient _client;
    readonly DockerCalls _calls;
    readonly DockerContainers _containers;
    readonly DockerLogs _logs;
    readonly DockerExec _exec;
    readonly DockerUsage _usage;
    readonly DockerEvents _events;
    readonly DockerImages _images;
    readonly DockerBuild _build;
    readonly DockerNetworks _networks;
    readonly DockerVolumes _volumes;

    public DockerRuntime(IOptions<DockerOptions> options, TimeProvider clock)
    {
        // The client's own limit would cut long builds short; DockerCalls limits every call.
        _client = new DockerClientBuilder().WithEndpoint(options.Value.ResolveEndpoint()).WithTimeout(Timeout.InfiniteTimeSpan).Build();
        _calls = new(_client, options.Value, clock);
        _containers = new(_calls);
        _logs = new(_calls);
        _exec = new(_calls);
        _usage = new(_calls);
        _events = new(_calls);
        _images = new(_calls);
        _build = new(_calls, _images);
        _networks = new(_calls);
        _volumes = new(_calls);
    }

    public Task<EngineInfo> GetEngineAsync(CancellationToken cancellationToken) => _calls.RunAsync(async (docker, token) =>
    {
        var version = await docker.System.GetVersionAsync(token);
        var system = await docker.System.GetSystemInfoAsync(token);
        return new EngineInfo(
            version.Version, version.APIVersion, system.OperatingSystem, (int)system.NCPU, system.MemTotal, system.Driver, system.DockerRootDir);
    }, cancellationToken);

    public Task<string> EnsureNetworkAsync(string name, string? bridge, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        _networks.EnsureAsync(name, bridge, labels, cancellationToken);

    public Task RemoveNetworkAsync(string network, CancellationToken cancellationToken) => _networks.RemoveAsync(network, cancellationToken);

    public Task EnsureVolumeAsync(string name, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        _volumes.EnsureAsync(name, labels, cancellationToken);

    public Task RemoveVolumeAsync(string name, CancellationToken cancellationToken) => _volumes.RemoveAsync(name, cancellationToken);

    public Task<string> CreateContainerAsync(ContainerSpec spec, CancellationToken cancellationToken) => _containers.CreateAsync(spec, cancellationToken);

    public Task PutFilesAsync(string containerId, IReadOnlyList<ContainerFile> files, CancellationToken cancellationToken) => _containers.PutFilesAsync(containerId, files, cancellationToken);

    public Task StartContainerAsync(string containerId, CancellationToken cancellationToken) => _containers.StartAsync(containerId, cancellationToken);

    public Task StopContainerAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken) =>
        _containers.StopAsync(containerId, grace, cancellationToken);

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken) => _containers.RemoveAsync(containerId, cancellationToken);

    public Task<ContainerState?> FindContainerAsync(string container, CancellationToken cancellationToken) => _containers.FindAsync(container, cancellationToken);

    public Task<IReadOnlyList<ContainerState>> ListContainersAsync(IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        _containers.ListAsync(labels, cancellationToken);

    public IAsyncEnumerable<LogLine> ReadLogsAsync(string containerId, LogQuery query, CancellationToken cancellationToken) =>
        _logs.ReadAsync(containerId, query, cancellationToken);

    public Task<ExecResult> ExecAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        _exec.RunAsync(containerId, command, timeout, cancellationToken);

    public Task<ContainerUsage?> ReadUsageAsync(string containerId, CancellationToken cancellationToken) => _usage.ReadAsync(containerId, cancellationToken);

    public IAsyncEnumerable<ContainerEvent> WatchEventsAsync(IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        _events.WatchAsync(labels, cancellationToken);

    public Task<ImageInfo?> FindImageAsync(string image, CancellationToken cancellationToken) => _images.FindAsync(image, cancellationToken);

    public Task<ImageInfo> BuildImageAsync(ImageBuildSpec spec, Stream context, Action<string> output, CancellationToken cancellationToken) =>
        _build.BuildAsync(spec, context, output, cancellationToken);

    public Task<ImageInfo> PullImageAsync(string image, Action<string> output, CancellationToken cancellationToken) =>
        _images.PullAsync(image, output, cancellationToken);

    public Task<ImageInfo> ImportImageAsync(string tag, Stream rootFileSystem, CancellationToken cancellationToken) =>
        _images.ImportAsync(tag, rootFileSystem, cancellationToken);

    public Task TagImageAsync(string image, string tag, CancellationToken cancellationToken) => _images.TagAsync(image, tag, cancellationToken);

    public Task<bool> RemoveImageAsync(string image, CancellationToken cancellationToken) => _images.RemoveAsync(image, cancellationToken);

    public void Dispose()
    {
        _networks.Dispose();
        _client.Dispose();
    }
}
