using Docker.DotNet;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>A Docker engine as <see cref="IContainerRuntime"/>; the API version is the engine's own, never pinned. Each kind of thing has its own class.</summary>
sealed class DockerRuntime : IContainerRuntime, IDisposable
{
    readonly DockerClient client;
    readonly DockerCalls calls;
    readonly DockerContainers containers;
    readonly DockerLogs logs;
    readonly DockerExec exec;
    readonly DockerUsage usage;
    readonly DockerEvents events;
    readonly DockerImages images;
    readonly DockerBuild build;
    readonly DockerNetworks networks;
    readonly DockerVolumes volumes;

    public DockerRuntime(IOptions<DockerOptions> options, TimeProvider clock)
    {
        // The client's own limit would cut long builds short; DockerCalls limits every call.
        client = new DockerClientBuilder().WithEndpoint(options.Value.ResolveEndpoint()).WithTimeout(Timeout.InfiniteTimeSpan).Build();
        calls = new(client, options.Value, clock);
        containers = new(calls);
        logs = new(calls);
        exec = new(calls);
        usage = new(calls);
        events = new(calls);
        images = new(calls);
        build = new(calls, images);
        networks = new(calls);
        volumes = new(calls);
    }

    public Task<EngineInfo> GetEngineAsync(CancellationToken cancellationToken) => calls.RunAsync(async (docker, token) =>
    {
        var version = await docker.System.GetVersionAsync(token);
        var system = await docker.System.GetSystemInfoAsync(token);
        return new EngineInfo(
            version.Version, version.APIVersion, system.OperatingSystem, (int)system.NCPU, system.MemTotal, system.Driver, system.DockerRootDir);
    }, cancellationToken);

    public Task<string> EnsureNetworkAsync(string name, string? bridge, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        networks.EnsureAsync(name, bridge, labels, cancellationToken);

    public Task RemoveNetworkAsync(string network, CancellationToken cancellationToken) => networks.RemoveAsync(network, cancellationToken);

    public Task EnsureVolumeAsync(string name, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        volumes.EnsureAsync(name, labels, cancellationToken);

    public Task RemoveVolumeAsync(string name, CancellationToken cancellationToken) => volumes.RemoveAsync(name, cancellationToken);

    public Task<string> CreateContainerAsync(ContainerSpec spec, CancellationToken cancellationToken) => containers.CreateAsync(spec, cancellationToken);

    public Task PutFilesAsync(string containerId, IReadOnlyList<ContainerFile> files, CancellationToken cancellationToken) => containers.PutFilesAsync(containerId, files, cancellationToken);

    public Task StartContainerAsync(string containerId, CancellationToken cancellationToken) => containers.StartAsync(containerId, cancellationToken);

    public Task StopContainerAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken) =>
        containers.StopAsync(containerId, grace, cancellationToken);

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken) => containers.RemoveAsync(containerId, cancellationToken);

    public Task<ContainerState?> FindContainerAsync(string container, CancellationToken cancellationToken) => containers.FindAsync(container, cancellationToken);

    public Task<IReadOnlyList<ContainerState>> ListContainersAsync(IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        containers.ListAsync(labels, cancellationToken);

    public IAsyncEnumerable<LogLine> ReadLogsAsync(string containerId, LogQuery query, CancellationToken cancellationToken) =>
        logs.ReadAsync(containerId, query, cancellationToken);

    public Task<ExecResult> ExecAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        exec.RunAsync(containerId, command, timeout, cancellationToken);

    public Task<ContainerUsage?> ReadUsageAsync(string containerId, CancellationToken cancellationToken) => usage.ReadAsync(containerId, cancellationToken);

    public IAsyncEnumerable<ContainerEvent> WatchEventsAsync(IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        events.WatchAsync(labels, cancellationToken);

    public Task<ImageInfo?> FindImageAsync(string image, CancellationToken cancellationToken) => images.FindAsync(image, cancellationToken);

    public Task<ImageInfo> BuildImageAsync(ImageBuildSpec spec, Stream context, Action<string> output, CancellationToken cancellationToken) =>
        build.BuildAsync(spec, context, output, cancellationToken);

    public Task<ImageInfo> PullImageAsync(string image, Action<string> output, CancellationToken cancellationToken) =>
        images.PullAsync(image, output, cancellationToken);

    public Task<ImageInfo> ImportImageAsync(string tag, Stream rootFileSystem, CancellationToken cancellationToken) =>
        images.ImportAsync(tag, rootFileSystem, cancellationToken);

    public Task TagImageAsync(string image, string tag, CancellationToken cancellationToken) => images.TagAsync(image, tag, cancellationToken);

    public Task<bool> RemoveImageAsync(string image, CancellationToken cancellationToken) => images.RemoveAsync(image, cancellationToken);

    public void Dispose()
    {
        networks.Dispose();
        client.Dispose();
    }
}
