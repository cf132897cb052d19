using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Containers;

namespace Kyozo.Engine.Deployments;

/// <summary>Where a workspace's containers live: its network and their volumes.</summary>
static class WorkspacePlaces
{
    /// <summary>Has the network and the volumes of these services there.</summary>
    public static async Task EnsureAsync(IContainerRuntime runtime, WorkspaceState state, IEnumerable<ServiceInstance> services, CancellationToken cancellationToken)
    {
        var network = ContainerNames.Network(state.Team.Slug, state.Workspace.Slug, state.Workspace.Id);
        await runtime.EnsureNetworkAsync(network, ClosedBridge.NameFor(network), state.Labels, cancellationToken);
        foreach (var service in services)
        {
            var labels = new Dictionary<string, string>(state.Labels) { [KyozoLabels.Service] = service.Id.ToString() };
            foreach (var volume in service.DeploymentConfig.Volumes)
                await runtime.EnsureVolumeAsync(ContainerNames.Volume(state.Workspace.Slug, service.Name, volume.Name, service.Id), labels, cancellationToken);
        }
    }
}
