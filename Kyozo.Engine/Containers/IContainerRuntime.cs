namespace Kyozo.Engine.Containers;

/// <summary>
/// Everything Kyozo asks of a container engine: an allow-list of typed operations (SAFETY §5), nothing else is reachable.
/// Every call ends within its own time limit and throws <see cref="EngineUnavailableException"/> when the engine does not answer.
/// </summary>
public interface IContainerRuntime
{
    /// <summary>Version, API version and free resources of the engine.</summary>
    Task<EngineInfo> GetEngineAsync(CancellationToken cancellationToken);

    /// <summary>Makes the bridge network of that name with those labels unless it is there; returns its id.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="bridge">Name of its interface on the host, at most 15 characters; null leaves it to the engine.</param>
    /// <param name="labels">Its labels.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task<string> EnsureNetworkAsync(string name, string? bridge, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken);

    /// <summary>Removes a network by id or name; nothing happens when it is gone.</summary>
    Task RemoveNetworkAsync(string network, CancellationToken cancellationToken);

    /// <summary>Makes the named volume with those labels unless it is there.</summary>
    Task EnsureVolumeAsync(string name, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken);

    /// <summary>Removes a volume by name; nothing happens when it is gone.</summary>
    Task RemoveVolumeAsync(string name, CancellationToken cancellationToken);

    /// <summary>Creates (does not start) a container; returns its id.</summary>
    /// <exception cref="ContainerNameTakenException">A container of that name exists.</exception>
    Task<string> CreateContainerAsync(ContainerSpec spec, CancellationToken cancellationToken);

    /// <summary>Puts files into a container, made or running, in place of what is there: what must not be seen in its environment or its image.</summary>
    /// <exception cref="ContainerNotFoundException">There is no such container.</exception>
    Task PutFilesAsync(string containerId, IReadOnlyList<ContainerFile> files, CancellationToken cancellationToken);

    /// <summary>Starts a container; nothing happens when it runs.</summary>
    /// <exception cref="PortTakenException">A host port is in use; the container stays created (SAFETY M12).</exception>
    Task StartContainerAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Stops a container: SIGTERM, then SIGKILL after the grace period. Nothing happens when it does not run.</summary>
    Task StopContainerAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>Removes a container with its anonymous volumes, running or not; nothing happens when it is gone.</summary>
    Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>State of one container by id or name, or null when there is none.</summary>
    Task<ContainerState?> FindContainerAsync(string container, CancellationToken cancellationToken);

    /// <summary>All containers, running or not, that carry all these labels.</summary>
    Task<IReadOnlyList<ContainerState>> ListContainersAsync(IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken);

    /// <summary>Log lines, oldest first; with <see cref="LogQuery.Follow"/> it goes on until cancelled or the container ends.</summary>
    IAsyncEnumerable<LogLine> ReadLogsAsync(string containerId, LogQuery query, CancellationToken cancellationToken);

    /// <summary>Runs a command in a container without a shell and waits for its end; the command is killed inside the container after the time limit (SAFETY M14).</summary>
    Task<ExecResult> ExecAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Raw counters of a running container, or null when it does not run.</summary>
    Task<ContainerUsage?> ReadUsageAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Container events with these labels until cancelled; ends with <see cref="EngineUnavailableException"/> when the stream breaks. A hint only: list again after it ends.</summary>
    IAsyncEnumerable<ContainerEvent> WatchEventsAsync(IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken);

    /// <summary>The image of that reference or id, or null.</summary>
    Task<ImageInfo?> FindImageAsync(string image, CancellationToken cancellationToken);

    /// <summary>Builds an image from a tar stream; output lines go to <paramref name="output"/> as they come.</summary>
    /// <exception cref="ImageBuildException">The build failed; carries the failing step and the last lines.</exception>
    Task<ImageInfo> BuildImageAsync(ImageBuildSpec spec, Stream context, Action<string> output, CancellationToken cancellationToken);

    /// <summary>Pulls an image from its registry; progress lines go to <paramref name="output"/>.</summary>
    /// <exception cref="ImagePullException">Registry not reached, or image not there.</exception>
    Task<ImageInfo> PullImageAsync(string image, Action<string> output, CancellationToken cancellationToken);

    /// <summary>Makes an image from a root file system tar.</summary>
    Task<ImageInfo> ImportImageAsync(string tag, Stream rootFileSystem, CancellationToken cancellationToken);

    /// <summary>Gives an image another name.</summary>
    Task TagImageAsync(string image, string tag, CancellationToken cancellationToken);

    /// <summary>Removes an image that nothing uses; returns false when it is in use or gone.</summary>
    Task<bool> RemoveImageAsync(string image, CancellationToken cancellationToken);
}

/// <summary>What the engine says of itself.</summary>
public sealed record EngineInfo(string Version, string ApiVersion, string OperatingSystem, int Cpus, long MemoryBytes, string StorageDriver, string RootDirectory);

/// <summary>A container to create. The hardened defaults (SAFETY §5) are the runtime's: nothing here can switch them off.</summary>
public sealed record ContainerSpec
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }
    /// <summary>Image id or reference.</summary>
    public required string Image { get; init; }
    /// <summary>Arguments in place of the image's command; empty keeps it.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];
    /// <summary>Environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    /// <summary>Labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    /// <summary>The workspace's network.</summary>
    public required string Network { get; init; }
    /// <summary>Host names in that network.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];
    /// <summary>Ports bound on the host.</summary>
    public IReadOnlyList<PublishedPort> Ports { get; init; } = [];
    /// <summary>Named volumes to mount.</summary>
    public IReadOnlyList<VolumeBinding> Volumes { get; init; } = [];
    /// <summary>0.05..64 cores.</summary>
    public required double CpuCores { get; init; }
    /// <summary>Memory and swap together.</summary>
    public required long MemoryBytes { get; init; }
    /// <summary>Most processes and threads.</summary>
    public required int Pids { get; init; }
    /// <summary>Capabilities given back after dropping all; subset of CHOWN, DAC_OVERRIDE, FOWNER, SETUID, SETGID, NET_BIND_SERVICE.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];
    /// <summary>Numeric user to run as, or null for the image's own.</summary>
    public string? User { get; init; }
    /// <summary>Time between SIGTERM and SIGKILL.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A container port bound to 127.0.0.1:<paramref name="HostPort"/>.</summary>
public sealed record PublishedPort(int ContainerPort, int HostPort);

/// <summary>A named volume mounted at an absolute path.</summary>
public sealed record VolumeBinding(string Volume, string Path);

/// <summary>A file in a container that only its owner may read (0400).</summary>
/// <param name="Path">Absolute; folders that are missing on the way are made.</param>
/// <param name="Content">What it says.</param>
/// <param name="Owner">Numeric user and group.</param>
public sealed record ContainerFile(string Path, byte[] Content, int Owner);

/// <summary>One container as the engine sees it.</summary>
public sealed record ContainerState
{
    /// <summary>Engine's id.</summary>
    public required string Id { get; init; }
    /// <summary>Its name.</summary>
    public required string Name { get; init; }
    /// <summary>Engine's id of its image.</summary>
    public required string ImageId { get; init; }
    /// <summary>Labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    /// <summary>What it is doing.</summary>
    public required ContainerPhase Phase { get; init; }
    /// <summary>Exit code of the last end, or null.</summary>
    public int? ExitCode { get; init; }
    /// <summary>True when the kernel killed it (or a child of it) for want of memory.</summary>
    public bool OutOfMemory { get; init; }
    /// <summary>The engine's own word on why it did not start, or null.</summary>
    public string? Error { get; init; }
    /// <summary>Times the engine restarted it by its policy. Zero from a listing: ask for the one container.</summary>
    public int RestartCount { get; init; }
    /// <summary>Last start, or null.</summary>
    public DateTimeOffset? StartedAt { get; init; }
    /// <summary>Last end, or null.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
    /// <summary>Result of the image's own HEALTHCHECK, or null when it has none.</summary>
    public bool? Healthy { get; init; }
    /// <summary>Container port → host port.</summary>
    public IReadOnlyDictionary<int, int> HostPorts { get; init; } = new Dictionary<int, int>();
    /// <summary>Address in its (first) network, or null.</summary>
    public string? Address { get; init; }
}

/// <summary>What a container is doing.</summary>
public enum ContainerPhase
{
    /// <summary>Made, never started.</summary>
    Created,
    /// <summary>Runs.</summary>
    Running,
    /// <summary>Frozen.</summary>
    Paused,
    /// <summary>The engine is about to start it again.</summary>
    Restarting,
    /// <summary>Ended.</summary>
    Exited,
    /// <summary>Half removed.</summary>
    Dead,
}

/// <summary>Which log lines.</summary>
public sealed record LogQuery
{
    /// <summary>Only the last so many lines; null: from the start.</summary>
    public int? Tail { get; init; }
    /// <summary>Only lines written after this moment.</summary>
    public DateTimeOffset? Since { get; init; }
    /// <summary>Go on with new lines.</summary>
    public bool Follow { get; init; }
}

/// <summary>One line of a container's output; 16 KB partial records are joined, NUL replaced, cut at 64 KB.</summary>
public sealed record LogLine(DateTimeOffset At, bool IsError, string Text);

/// <summary>End of a command in a container.</summary>
public sealed record ExecResult(long ExitCode, string Output, bool TimedOut);

/// <summary>Raw counters; differences over time are the metrics.</summary>
public sealed record ContainerUsage
{
    /// <summary>When the counters were read.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>CPU time used since start, all cores.</summary>
    public required TimeSpan CpuTime { get; init; }
    /// <summary>Usage less inactive page cache.</summary>
    public required long MemoryBytes { get; init; }
    /// <summary>Its memory limit.</summary>
    public required long MemoryLimitBytes { get; init; }
    /// <summary>Received over the network since start.</summary>
    public required long ReceivedBytes { get; init; }
    /// <summary>Sent over the network since start.</summary>
    public required long SentBytes { get; init; }
    /// <summary>Packets received since start.</summary>
    public required long ReceivedPackets { get; init; }
    /// <summary>Packets sent since start.</summary>
    public required long SentPackets { get; init; }
    /// <summary>Writable layer and own volumes, or null when the engine was not asked.</summary>
    public long? DiskBytes { get; init; }
}

/// <summary>Something happened to a container (<c>start</c>, <c>die</c>, <c>oom</c>, <c>health_status</c> ...).</summary>
public sealed record ContainerEvent(DateTimeOffset At, string ContainerId, string Action, IReadOnlyDictionary<string, string> Attributes);

/// <summary>One image.</summary>
public sealed record ImageInfo(string Id, IReadOnlyList<string> Tags, long SizeBytes, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>Ports that the image exposes.</summary>
    public IReadOnlyList<int> ExposedPorts { get; init; } = [];
    /// <summary>The image's own user, or null for root.</summary>
    public string? User { get; init; }
}

/// <summary>A build: the context's tar is a separate stream.</summary>
public sealed record ImageBuildSpec
{
    /// <summary>Name to give the image.</summary>
    public required string Tag { get; init; }
    /// <summary>Dockerfile's path inside the context.</summary>
    public required string Dockerfile { get; init; }
    /// <summary>Labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    /// <summary>Build arguments; never secrets (SAFETY M5).</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();
    /// <summary>Network for RUN steps: <c>none</c> or a network's name.</summary>
    public string Network { get; init; } = "none";
    /// <summary>Longest time the build may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(15);
    /// <summary>Cores the build may use.</summary>
    public double CpuCores { get; init; } = 2;
    /// <summary>Memory in bytes.</summary>
    public long MemoryBytes { get; init; } = 2L << 30;
}
