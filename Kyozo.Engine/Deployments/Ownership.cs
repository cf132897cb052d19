using Kyozo.Data.Deployments;
using Kyozo.Engine.Containers;

namespace Kyozo.Engine.Deployments;

/// <summary>Whether a container on the engine is the one that a record speaks of. Labels can be forged or inherited, ids and names can be guessed: both must agree (SAFETY M3, A-36).</summary>
static class Ownership
{
    /// <summary>The container of a record, or null when it is gone (or is somebody else's).</summary>
    public static async Task<ContainerState?> FindAsync(IContainerRuntime runtime, ServiceContainer record, CancellationToken cancellationToken)
    {
        var found = await runtime.FindContainerAsync(record.ContainerId ?? record.ContainerName, cancellationToken);
        return found is not null && IsOf(record, found) ? found : null;
    }

    /// <summary>True when record and container speak of the same.</summary>
    public static bool IsOf(ServiceContainer record, ContainerState container) =>
        (record.ContainerId is { } id ? container.Id == id : container.Name == record.ContainerName)
        && container.Labels.TryGetValue(KyozoLabels.Service, out var service) && service == record.ServiceInstanceId.ToString()
        && container.Labels.TryGetValue(KyozoLabels.Epoch, out var epoch) && epoch == record.Epoch.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
