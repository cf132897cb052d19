using Docker.DotNet;
using Docker.DotNet.Models;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>Bridge networks by name.</summary>
sealed class DockerNetworks(DockerCalls calls) : IDisposable
{
    // The engine allows two networks of one name: whoever asks first makes it, the others find it.
    readonly SemaphoreSlim _one = new(1);

    public async Task<string> EnsureAsync(string name, string? bridge, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            return await calls.RunAsync(async (docker, token) =>
                await FindAsync(docker, name, token)
                ?? (await docker.Networks.CreateNetworkAsync(new()
                {
                    Name = name,
                    Driver = "bridge",
                    Labels = labels.ToDictionary(),
                    Options = bridge is null ? [] : new Dictionary<string, string> { ["com.docker.network.bridge.name"] = bridge },
                }, token)).ID,
                cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    public Task RemoveAsync(string network, CancellationToken cancellationToken) => calls.RunAsync(async (docker, token) =>
    {
        try
        {
            await docker.Networks.DeleteNetworkAsync(network, token);
        }
        catch (DockerNetworkNotFoundException)
        {
            // Gone already.
        }
    }, cancellationToken);

    public void Dispose() => _one.Dispose();

    static async Task<string?> FindAsync(IDockerClient docker, string name, CancellationToken cancellationToken)
    {
        var filter = new Dictionary<string, IDictionary<string, bool>> { ["name"] = new Dictionary<string, bool> { [name] = true } };
        var found = await docker.Networks.ListNetworksAsync(new NetworksListParameters { Filters = filter }, cancellationToken);
        return found.Where(network => network.Name == name).MinBy(network => network.Created)?.ID;
    }
}
