using Kyozo.Data;
using Kyozo.Data.Topology;
using Kyozo.Engine.Containers;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Images;

/// <summary>Brings a service's image about: from the catalogue, a registry, its own Dockerfile or a generated one. The same input gives the same image.</summary>
public sealed class ImageBuilder(
    IContainerRuntime runtime, BaseImageStore bases, BuildNetwork network, KyozoHome home,
    IOptions<BuildOptions> buildOptions, IOptions<ImageOptions> images)
{
    readonly BuildOptions _options = buildOptions.Value;
    readonly BuildPreparation _preparation = new(runtime, home, buildOptions.Value, images.Value);

    /// <summary>The image of a service; lines for people go to <paramref name="log"/>.</summary>
    /// <exception cref="ImageBuildException">A step failed.</exception>
    /// <exception cref="ImagePullException">Its image could not be pulled.</exception>
    /// <exception cref="DockerfilePolicyException">Its Dockerfile breaks the rules.</exception>
    /// <exception cref="DockerfileNotMadeException">It has no Dockerfile, and none can be made.</exception>
    /// <exception cref="BuildContextException">Its folder is not there, too large, or outside the workspace.</exception>
    /// <exception cref="BaseImageUnavailableException">A base image is not to be had.</exception>
    public async Task<BuiltImage> BuildAsync(BuildRequest request, Action<string> log, CancellationToken cancellationToken)
    {
        if (request.Config.Image is { Length: > 0 } named) return await NamedAsync(request, named, log, cancellationToken);
        if (request.ServiceType.IsBacking())
        {
            var backing = BackingImages.Find(request.ServiceType)
                ?? throw new BaseImageUnavailableException(request.ServiceType.ToString(), $"Kyozo knows no image for {request.ServiceType.ToString().ToLowerInvariant()}: name one in the service's configuration.");
            return await ReadyAsync(await bases.EnsureAsync(backing.BaseImage, log, cancellationToken), log, cancellationToken);
        }

        await using var build = await _preparation.PrepareAsync(request, (name, token) => bases.EnsureAsync(name, log, token), cancellationToken);
        if (await runtime.FindImageAsync(build.Tag, cancellationToken) is { } there && there.Labels.GetValueOrDefault(KyozoLabels.ContentHash) == build.Hash)
        {
            log($"nothing has changed: {build.Tag} is there");
            return new(there.Id, build.Hash, Reused: true);
        }

        foreach (var note in build.Notes) log(note);
        var built = await runtime.BuildImageAsync(new()
        {
            Tag = build.Tag,
            Dockerfile = build.Dockerfile,
            Labels = request.Labels.Append(new(KyozoLabels.ContentHash, build.Hash)).ToDictionary(),
            Arguments = build.NeedsNetwork ? build.Trust.Proxies : new Dictionary<string, string>(),
            Network = build.NeedsNetwork ? await network.EnsureAsync(cancellationToken) : "none",
            Timeout = _options.Timeout,
            CpuCores = _options.CpuCores,
            MemoryBytes = _options.MemoryBytes,
        }, build.Context.OpenTar(), log, cancellationToken);
        return new(built.Id, build.Hash, Reused: false);
    }

    /// <summary>The content hash that <see cref="BuildAsync"/> would give now; pulls, makes and builds nothing. Null when a ready image it takes is not there yet.</summary>
    public async Task<string?> HashAsync(BuildRequest request, CancellationToken cancellationToken)
    {
        var ready = request.Config.Image is { Length: > 0 } named ? named
            : BackingImages.Find(request.ServiceType) is { } backing ? await bases.FindAsync(backing.BaseImage, cancellationToken)
            : null;
        if (ready is not null) return await runtime.FindImageAsync(ready, cancellationToken) is { } image ? BuildPreparation.Hash(image.Id) : null;
        if (request.ServiceType.IsBacking()) return null;

        await using var build = await _preparation.PrepareAsync(request, async (name, token) => await bases.FindAsync(name, token) ?? BaseImages.Get(name).Registry, cancellationToken);
        return build.Hash;
    }

    /// <summary>The Dockerfile that a build of this request would use, to be shown before it: its own, or the generated one.</summary>
    public string PreviewDockerfile(BuildRequest request, CancellationToken cancellationToken) => _preparation.Preview(request, cancellationToken);

    /// <summary>The image that the service names; where it cannot be pulled, a backing service runs from the one made here, if there is such.</summary>
    async Task<BuiltImage> NamedAsync(BuildRequest request, string image, Action<string> log, CancellationToken cancellationToken)
    {
        if (new DockerfilePolicy($"kyozo/{request.WorkspaceSlug}-", images.Value.AllowedBases).ReasonNotToRun(image) is { } reason) throw new ImagePullException(image, reason);
        try
        {
            return await ReadyAsync(image, log, cancellationToken);
        }
        catch (ImagePullException notThere) when (images.Value.Registry != RegistryUse.Always && BackingImages.Find(request.ServiceType) is { } backing && BaseImages.Get(backing.BaseImage).Local is { } local)
        {
            log($"warning: {notThere.Message}");
            log($"warning: {local}, made here, runs in its place");
            return await ReadyAsync(await bases.EnsureAsync(backing.BaseImage, log, cancellationToken), log, cancellationToken);
        }
    }

    async Task<BuiltImage> ReadyAsync(string image, Action<string> log, CancellationToken cancellationToken)
    {
        var found = await runtime.FindImageAsync(image, cancellationToken);
        if (found is not null) log($"{image} is there");
        else if (images.Value.Registry == RegistryUse.Never) throw new ImagePullException(image, $"{image} is not there, and Kyozo:Images:Registry is 'never'. Load it with 'docker load', or allow the registry.");
        else log($"pulling {image}");
        found ??= await runtime.PullImageAsync(image, log, cancellationToken);
        return new(found.Id, BuildPreparation.Hash(found.Id), Reused: true);
    }
}
