using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Containers;
using Kyozo.Engine.DatabaseVolume;
using Kyozo.Engine.Images;

namespace Kyozo.Engine.Deployments;

/// <summary>The image of a service: asks <see cref="ImageBuilder"/> with what the service's row says.</summary>
public sealed class ServiceImages(ImageBuilder builder, DatabaseVolumeState volume) : IServiceImages
{
    /// <inheritdoc/>
    /// <exception cref="DatabaseVolumeFullException">The database's disk is nearly full: what a build would leave in it must wait.</exception>
    public Task<BuiltImage> BuildAsync(WorkspaceState state, ServiceInstance service, Action<string> log, CancellationToken cancellationToken)
    {
        volume.RequireRoom("Builds");
        return builder.BuildAsync(Request(state, service), log, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<string?> ContentAsync(WorkspaceState state, ServiceInstance service, CancellationToken cancellationToken) =>
        builder.HashAsync(Request(state, service), cancellationToken);

    static BuildRequest Request(WorkspaceState state, ServiceInstance service) => new()
    {
        WorkspaceRoot = state.Workspace.RootPath,
        WorkspaceSlug = state.Workspace.Slug,
        ServiceName = service.Name,
        ServiceType = service.ServiceType,
        FolderPath = service.FolderPath,
        Config = service.DeploymentConfig,
        Port = service.PortMappings is [var first, ..] ? first.ContainerPort : null,
        Labels = new Dictionary<string, string>(state.Labels) { [KyozoLabels.Service] = service.Id.ToString() },
    };
}
