using Kyozo.Engine.Containers;
using Kyozo.Engine.Images;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Kyozo.Testing;

/// <summary>
/// The real engine of this machine, shared by the tests of one assembly. What tests make carries <see cref="Labels"/> and is removed at the end
/// by the ids that carry them, nothing else; base images stay, the next run finds them.
/// </summary>
public sealed class DockerFixture : IAsyncDisposable
{
    const string Label = "kyozo.test-run";

    readonly ServiceProvider _services;
    readonly SemaphoreSlim _one = new(1);
    string? _baseImage;

    public DockerFixture()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Settings).Build();
        _services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging(logs => logs.SetMinimumLevel(LogLevel.Warning))
            .AddContainers().AddImages().BuildServiceProvider();
    }

    /// <summary>A test never asks a registry.</summary>
    public static IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?> { ["Kyozo:Images:Registry"] = "Never" };

    /// <summary>Unique to this run.</summary>
    public string RunId { get; } = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N")[^12..];

    /// <summary>To be given to everything that a test makes.</summary>
    public IReadOnlyDictionary<string, string> Labels => new Dictionary<string, string> { [Label] = RunId };

    public IContainerRuntime Runtime => _services.GetRequiredService<IContainerRuntime>();

    public IServiceProvider Services => _services;

    /// <summary>A name that nobody else uses.</summary>
    public string Name(string purpose) => $"kyozo-test-{RunId}-{purpose}";

    /// <summary>A small Debian with a shell and the usual programs.</summary>
    public async Task<string> BaseImageAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            return _baseImage ??= await _services.GetRequiredService<BaseImageStore>().EnsureAsync("debian", _ => { }, cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>A network of this run.</summary>
    public async Task<string> NetworkAsync(string purpose, CancellationToken cancellationToken)
    {
        await Runtime.EnsureNetworkAsync(Name(purpose), bridge: null, Labels, cancellationToken);
        return Name(purpose);
    }

    /// <summary>A container that runs the program in the base image; change what the test is about with <c>with</c>.</summary>
    public async Task<ContainerSpec> SpecAsync(string purpose, string[] command, CancellationToken cancellationToken) => new()
    {
        Name = Name(purpose),
        Image = await BaseImageAsync(cancellationToken),
        Command = command,
        Labels = Labels,
        Network = await NetworkAsync("net", cancellationToken),
        CpuCores = 0.5,
        MemoryBytes = 64L << 20,
        Pids = 64,
    };

    /// <summary>Creates and starts it.</summary>
    public async Task<string> StartAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        var id = await Runtime.CreateContainerAsync(spec, cancellationToken);
        await Runtime.StartContainerAsync(id, cancellationToken);
        return id;
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        string[] mine = ["--filter", $"label={Label}={RunId}", "--quiet"];
        await RemoveAsync(["ps", "--all", .. mine], ["rm", "--force", "--volumes"], limit.Token);
        await RemoveAsync(["network", "ls", .. mine], ["network", "rm"], limit.Token);
        await RemoveAsync(["volume", "ls", .. mine], ["volume", "rm"], limit.Token);
        await RemoveAsync(["image", "ls", .. mine], ["image", "rm", "--force"], limit.Token);
        _one.Dispose();
        await _services.DisposeAsync();
    }

    static async Task RemoveAsync(string[] list, string[] remove, CancellationToken cancellationToken)
    {
        var listed = await DockerCli.TryAsync(cancellationToken, list);
        var ids = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().ToArray();
        if (ids.Length > 0) await DockerCli.TryAsync(cancellationToken, [.. remove, .. ids]);
    }
}
