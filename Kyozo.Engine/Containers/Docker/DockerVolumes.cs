using System.Net;
using Docker.DotNet;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>Named volumes.</summary>
sealed class DockerVolumes(DockerCalls calls)
{
    /// <summary>The engine answers a second creation of a name with the volume that is there.</summary>
    public Task EnsureAsync(string name, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        calls.RunAsync((docker, token) => docker.Volumes.CreateAsync(new() { Name = name, Labels = labels.ToDictionary() }, token), cancellationToken);

    public Task RemoveAsync(string name, CancellationToken cancellationToken) => calls.RunAsync(async (docker, token) =>
    {
        try
        {
            await docker.Volumes.RemoveAsync(name, force: false, token);
        }
        catch (DockerApiException gone) when (gone.StatusCode == HttpStatusCode.NotFound)
        {
            // Gone already.
        }
    }, cancellationToken);
}
