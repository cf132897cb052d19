using System.Globalization;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>Images: find, pull, import, tag, remove.</summary>
sealed class DockerImages(DockerCalls calls)
{
    public Task<ImageInfo?> FindAsync(string image, CancellationToken cancellationToken) => calls.RunAsync(async (docker, token) =>
    {
        try
        {
            return InfoFrom(await docker.Images.InspectImageAsync(image, token));
        }
        catch (DockerImageNotFoundException)
        {
            return null;
        }
    }, cancellationToken);

    public async Task<ImageInfo> PullAsync(string image, Action<string> output, CancellationToken cancellationToken)
    {
        var reference = ImageReference.TryParse(image, out var parsed) ? parsed : throw new ImagePullException(image, $"'{image}' is not an image reference.");
        var parameters = new ImagesCreateParameters { FromImage = reference.Repository, Tag = reference.Digest ?? reference.Tag! };
        string? error = null;
        await calls.RunAsync(calls.Options.TransferTimeout, async (docker, token) =>
        {
            try
            {
                await docker.Images.CreateImageAsync(parameters, new AuthConfig(), new InOrder<JSONMessage>(message =>
                {
                    error ??= message.Error?.Message;
                    // A layer reports its progress many times a second: only steps without one are told.
                    if (message is { Status: { } status, Progress: null or { Total: null or 0 } }) output(message.ID is null ? status : $"{message.ID}: {status}");
                }), token);
            }
            catch (DockerApiException refused)
            {
                throw new ImagePullException(image, $"{image} could not be pulled: {DockerCalls.MessageOf(refused)}");
            }
        }, cancellationToken);
        if (error is not null) throw new ImagePullException(image, $"{image} could not be pulled: {error}");
        return await FindAsync(image, cancellationToken) ?? throw new ImagePullException(image, $"{image} was pulled and is not there.");
    }

    public async Task<ImageInfo> ImportAsync(string tag, Stream rootFileSystem, CancellationToken cancellationToken)
    {
        var reference = ImageReference.Parse(tag);
        var parameters = new ImagesCreateParameters { FromSrc = "-", Repo = reference.Repository, Tag = reference.Tag! };
        string? error = null;
        await calls.RunAsync(calls.Options.TransferTimeout, (docker, token) => docker.Images.CreateImageAsync(
            parameters, rootFileSystem, new AuthConfig(), new InOrder<JSONMessage>(message => error ??= message.Error?.Message), token), cancellationToken);
        if (error is not null) throw new EngineRefusedException($"{tag} could not be imported: {error}");
        return await FindAsync(tag, cancellationToken) ?? throw new EngineRefusedException($"{tag} was imported and is not there.");
    }

    public Task TagAsync(string image, string tag, CancellationToken cancellationToken)
    {
        var reference = ImageReference.Parse(tag);
        return calls.RunAsync((docker, token) => docker.Images.TagImageAsync(
            image, new ImageTagParameters { RepositoryName = reference.Repository, Tag = reference.Tag! }, token), cancellationToken);
    }

    public Task<bool> RemoveAsync(string image, CancellationToken cancellationToken) => calls.RunAsync(async (docker, token) =>
    {
        try
        {
            await docker.Images.DeleteImageAsync(image, new ImageDeleteParameters { Force = false }, token);
            return true;
        }
        catch (DockerApiException kept) when (kept.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            return false;
        }
    }, cancellationToken);

    static ImageInfo InfoFrom(ImageInspectResponse image) => new(
        image.ID, [.. image.RepoTags ?? []], image.Size, new Dictionary<string, string>(image.Config?.Labels ?? new Dictionary<string, string>()))
    {
        ExposedPorts = [.. (image.Config?.ExposedPorts?.Keys ?? []).Where(port => port.EndsWith("/tcp", StringComparison.Ordinal))
            .Select(port => int.Parse(port.Split('/')[0], CultureInfo.InvariantCulture)).Order()],
        User = string.IsNullOrEmpty(image.Config?.User) ? null : image.Config.User,
    };
}
