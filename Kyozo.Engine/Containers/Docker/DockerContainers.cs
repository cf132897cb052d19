using System.Formats.Tar;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>Containers: create, start, stop, remove, look.</summary>
sealed partial class DockerContainers(DockerCalls calls)
{
    static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(15);

    public Task<string> CreateAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        var parameters = HardenedContainer.From(spec);
        return calls.RunAsync(async (docker, token) =>
        {
            try
            {
                var image = await docker.Images.InspectImageAsync(spec.Image, token);
                HardenedContainer.BlankForeignLabels(parameters, image.Config?.Labels);
                return (await docker.Containers.CreateContainerAsync(parameters, token)).ID;
            }
            catch (DockerApiException taken) when (taken.StatusCode == HttpStatusCode.Conflict)
            {
                throw new ContainerNameTakenException(spec.Name);
            }
        }, cancellationToken);
    }

    public Task PutFilesAsync(string containerId, IReadOnlyList<ContainerFile> files, CancellationToken cancellationToken) => calls.RunAsync(async (docker, token) =>
    {
        try
        {
            await using var archive = Archive(files);
            await docker.Containers.ExtractArchiveToContainerAsync(containerId, new() { Path = "/" }, archive, token);
        }
        catch (DockerContainerNotFoundException)
        {
            throw new ContainerNotFoundException(containerId);
        }
    }, cancellationToken);

    public Task StartAsync(string containerId, CancellationToken cancellationToken) => calls.RunAsync(async (docker, token) =>
    {
        try
        {
            await docker.Containers.StartContainerAsync(containerId, new(), token);
        }
        catch (DockerContainerNotFoundException)
        {
            throw new ContainerNotFoundException(containerId);
        }
        catch (DockerApiException refused) when (TakenPort().Match(DockerCalls.MessageOf(refused)) is { Success: true } match)
        {
            var port = int.Parse(match.Groups["port"].ValueSpan, CultureInfo.InvariantCulture);
            throw new PortTakenException(port, $"Port {port} of the host is in use: {DockerCalls.MessageOf(refused)}");
        }
    }, cancellationToken);

    public Task StopAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken) => calls.RunAsync(grace + StopMargin, async (docker, token) =>
    {
        try
        {
            var seconds = (uint)Math.Ceiling(grace.TotalSeconds);
            await docker.Containers.StopContainerAsync(containerId, new ContainerStopParameters { WaitBeforeKillSeconds = seconds }, token);
        }
        catch (DockerContainerNotFoundException)
        {
            // Gone is stopped.
        }
    }, cancellationToken);

    public Task RemoveAsync(string containerId, CancellationToken cancellationToken) => calls.RunAsync(async (docker, token) =>
    {
        try
        {
            // Anonymous volumes of the image's VOLUME would stay behind otherwise (SAFETY M13).
            await docker.Containers.RemoveContainerAsync(containerId, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, token);
        }
        catch (DockerContainerNotFoundException)
        {
            // Gone already.
        }
        catch (DockerApiException busy) when (busy.StatusCode == HttpStatusCode.Conflict)
        {
            // Somebody else's removal of it is under way.
        }
    }, cancellationToken);

    public Task<ContainerState?> FindAsync(string container, CancellationToken cancellationToken) => calls.RunAsync(async (docker, token) =>
    {
        try
        {
            return ContainerStates.From(await docker.Containers.InspectContainerAsync(container, token));
        }
        catch (DockerContainerNotFoundException)
        {
            return null;
        }
    }, cancellationToken);

    public Task<IReadOnlyList<ContainerState>> ListAsync(IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<ContainerState>>(async (docker, token) =>
        {
            var found = await docker.Containers.ListContainersAsync(new() { All = true, Filters = DockerCalls.LabelFilter(labels) }, token);
            return [.. found.Select(ContainerStates.From)];
        }, cancellationToken);

    static MemoryStream Archive(IReadOnlyList<ContainerFile> files)
    {
        var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var file in files)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, file.Path.TrimStart('/'))
                {
                    Mode = UnixFileMode.UserRead,
                    Uid = file.Owner,
                    Gid = file.Owner,
                    DataStream = new MemoryStream(file.Content),
                });
            }
        }

        archive.Position = 0;
        return archive;
    }

    // driver failed programming external connectivity …: Bind for 127.0.0.1:21000 failed: port is already allocated
    // … listen tcp4 127.0.0.1:21000: bind: address already in use
    [GeneratedRegex(@":(?<port>\d+)(?: failed: port is already allocated|: bind: address already in use)")]
    private static partial Regex TakenPort();
}
