using System.Diagnostics;
using Kyozo.Data;
using Kyozo.Engine.Containers;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Images;

/// <summary>
/// Air-gapped mode: makes base images from Debian's packages and what else is in reach, so that everything works without a registry.
/// Done again it finds what is there; a second process waits for the first.
/// </summary>
public sealed class BaseImageBootstrap(
    IContainerRuntime runtime, DebianRoot debian, BuildNetwork network, KyozoHome home, IOptions<BuildOptions> options)
{
    /// <summary>Installing packages is half waiting for the disk, half one core's work.</summary>
    static readonly int AtOnce = Math.Clamp(Environment.ProcessorCount, 2, 4);

    static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Makes those of the named images that are not there; progress lines (image, what, elapsed) go to <paramref name="progress"/>.</summary>
    /// <exception cref="BaseImageUnavailableException">An image cannot be made from packages, or this host cannot make any.</exception>
    /// <exception cref="ImageBuildException">Installing the packages of one failed.</exception>
    public Task EnsureAsync(IReadOnlyCollection<string> names, Action<string> progress, CancellationToken cancellationToken) =>
        RunAsync(names, rebuild: false, progress, cancellationToken);

    /// <summary>Makes the named images anew, the Debian below them too.</summary>
    public Task RebuildAsync(IReadOnlyCollection<string> names, Action<string> progress, CancellationToken cancellationToken) =>
        RunAsync(names, rebuild: true, progress, cancellationToken);

    async Task RunAsync(IReadOnlyCollection<string> names, bool rebuild, Action<string> progress, CancellationToken cancellationToken)
    {
        var images = names.Distinct().Select(BaseImages.Get).ToArray();
        foreach (var image in images)
        {
            if (image.Local is null) throw new BaseImageUnavailableException(image.Name, $"{image.Name} cannot be made here: it comes from {image.Registry} only.");
        }

        if (!rebuild && await AllThereAsync(images, cancellationToken)) return;

        using var one = await LockAsync(progress, cancellationToken);
        await EnsureDebianAsync(rebuild, progress, cancellationToken);
        // bun and deno are fetched with the npm of the node image.
        var toMake = images.Where(image => image.Name != "debian").ToLookup(image => image.Name is "bun" or "deno");
        await MakeAsync(toMake[true].Any() ? toMake[false].Append(BaseImages.Get("node")).Distinct() : toMake[false]);
        await MakeAsync(toMake[true]);

        Task MakeAsync(IEnumerable<BaseImage> some) =>
            Parallel.ForEachAsync(some, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (image, token) =>
            {
                if (rebuild || await runtime.FindImageAsync(image.Local!, token) is null) await BuildAsync(image, progress, token);
            });
    }

    async Task<bool> AllThereAsync(BaseImage[] images, CancellationToken cancellationToken)
    {
        foreach (var image in images)
        {
            if (await runtime.FindImageAsync(image.Local!, cancellationToken) is null) return false;
        }

        return true;
    }

    async Task EnsureDebianAsync(bool rebuild, Action<string> progress, CancellationToken cancellationToken)
    {
        var image = BaseImages.Get("debian");
        if (!rebuild && await runtime.FindImageAsync(image.Local!, cancellationToken) is not null) return;

        var clock = Stopwatch.StartNew();
        var tar = await debian.EnsureAsync(rebuild, progress, cancellationToken);
        await using var root = File.OpenRead(tar);
        await runtime.ImportImageAsync(image.Local!, root, cancellationToken);
        progress($"debian: ready as {image.Local} ({clock.Elapsed.TotalSeconds:0} s)");
    }

    async Task BuildAsync(BaseImage image, Action<string> progress, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        progress($"{image.Name}: {Doing(image)}");
        var trust = HostTrust.Find(options.Value);
        await using var context = await BaseImageContext.WriteAsync(image, trust, home.Cache, cancellationToken);
        await runtime.BuildImageAsync(new()
        {
            Tag = image.Local!,
            Dockerfile = "Dockerfile",
            Labels = new Dictionary<string, string> { [KyozoLabels.Prefix + "base-image"] = image.Name },
            Arguments = BaseImageContext.Arguments(image, trust, options.Value),
            Network = await network.EnsureAsync(cancellationToken),
            Timeout = options.Value.Timeout,
            CpuCores = Environment.ProcessorCount,
            MemoryBytes = options.Value.MemoryBytes,
        }, context, _ => { }, cancellationToken);
        progress($"{image.Name}: ready as {image.Local} ({clock.Elapsed.TotalSeconds:0} s)");
    }

    static string Doing(BaseImage image) => image.Source switch
    {
        BaseImageSource.Npm => $"fetching {image.Purpose} with npm",
        BaseImageSource.HostDotnet => $"copying this machine's .NET SDK for {image.Purpose}",
        _ => $"installing Debian's packages for {image.Purpose}",
    };

    /// <summary>One bootstrap at a time on this host, over process borders; the file is let go with the process, however it ends.</summary>
    async Task<FileStream> LockAsync(Action<string> progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(home.Cache);
        for (var told = false; ; told = true)
        {
            try
            {
                return new FileStream(Path.Combine(home.Cache, "bootstrap.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (!cancellationToken.IsCancellationRequested)
            {
                if (!told) progress("another process is making base images: waiting for it");
                await Task.Delay(LockPause, cancellationToken);
            }
        }
    }
}
