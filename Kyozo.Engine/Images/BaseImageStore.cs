using System.Collections.Concurrent;
using Kyozo.Engine.Containers;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Images;

/// <summary>
/// Has base images ready: the one made here when it exists, else the registry's, else made here now.
/// What exists wins, so that a database does not change its version because a registry answers today.
/// </summary>
public sealed class BaseImageStore(
    IContainerRuntime runtime, BaseImageBootstrap bootstrap, RegistrySilence silence, IOptions<ImageOptions> options, TimeProvider clock)
{
    readonly ConcurrentDictionary<string, SemaphoreSlim> _oneAtATime = new();

    /// <summary>The reference of a base image that is there for certain; progress lines go to <paramref name="log"/>.</summary>
    /// <exception cref="BaseImageUnavailableException">Neither the registry nor the distribution has it.</exception>
    public async Task<string> EnsureAsync(string name, Action<string> log, CancellationToken cancellationToken)
    {
        var image = BaseImages.Get(name);
        var one = _oneAtATime.GetOrAdd(name, _ => new(1));
        await one.WaitAsync(cancellationToken);
        try
        {
            if (await FindAsync(name, cancellationToken) is { } there) return there;
            if (await PullAsync(image, log, cancellationToken)) return image.Registry;
            if (image.Local is null) throw Unavailable(image);

            return await MakeAsync(image, log, cancellationToken);
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>The reference of a base image that is there now, or null: nothing is pulled or made.</summary>
    public async Task<string?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var image = BaseImages.Get(name);
        if (options.Value.Registry != RegistryUse.Always && image.Local is { } local && await runtime.FindImageAsync(local, cancellationToken) is not null) return local;
        if (options.Value.Registry != RegistryUse.Never && await runtime.FindImageAsync(image.Registry, cancellationToken) is not null) return image.Registry;
        return options.Value.Registry != RegistryUse.Always && image.Otherwise is { } otherwise && await runtime.FindImageAsync(BaseImages.Get(otherwise).Local!, cancellationToken) is not null
            ? BaseImages.Get(otherwise).Local
            : null;
    }

    async Task<string> MakeAsync(BaseImage image, Action<string> log, CancellationToken cancellationToken)
    {
        try
        {
            await bootstrap.EnsureAsync([image.Name], log, cancellationToken);
            return image.Local!;
        }
        catch (ImageBuildException notMade) when (image.Otherwise is { } otherwise)
        {
            log($"warning: {notMade.Message}");
            log($"warning: {BaseImages.Get(otherwise).Local} serves in its place; with npm's registry in reach, 'kyozo images bootstrap {image.Name}' makes the newer one");
            await bootstrap.EnsureAsync([otherwise], log, cancellationToken);
            return BaseImages.Get(otherwise).Local!;
        }
    }

    async Task<bool> PullAsync(BaseImage image, Action<string> log, CancellationToken cancellationToken)
    {
        var use = options.Value.Registry;
        if (use == RegistryUse.Never || (use == RegistryUse.Auto && silence.Lasts(image.Registry))) return false;

        // A registry that answers says something soon; then the download may take its time.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = clock.CreateTimer(_ => patience.Cancel(), null, use == RegistryUse.Auto ? options.Value.RegistryPatience : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            log($"pulling {image.Registry}");
            await runtime.PullImageAsync(image.Registry, line =>
            {
                timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                log(line);
            }, patience.Token);
            return true;
        }
        catch (ImagePullException notThere) when (use == RegistryUse.Auto && image.Local is not null)
        {
            log(notThere.Message);
        }
        catch (ImagePullException notThere)
        {
            silence.Remember(image.Registry);
            throw new BaseImageUnavailableException(image.Name, notThere.Message, notThere);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            log($"{image.Registry}: no answer within {options.Value.RegistryPatience.TotalSeconds:0} s");
        }

        silence.Remember(image.Registry);
        log($"no registry answers: {image.Name} is made here");
        return false;
    }

    BaseImageUnavailableException Unavailable(BaseImage image) => new(image.Name, options.Value.Registry == RegistryUse.Never
        ? $"{image.Purpose} needs the image {image.Registry}, and Kyozo:Images:Registry is 'never'. Load it with 'docker load', or allow the registry."
        : $"{image.Purpose} needs the image {image.Registry}, and no registry answers. Load it with 'docker load', or try again with a registry in reach.");
}
