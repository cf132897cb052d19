using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Images;

namespace Kyozo.Engine.Deployments;

/// <summary>Where the image of a service comes from.</summary>
public interface IServiceImages
{
    /// <summary>Makes or finds it.</summary>
    Task<BuiltImage> BuildAsync(WorkspaceState state, ServiceInstance service, Action<string> log, CancellationToken cancellationToken);

    /// <summary>Hash of what an image made now would be made from, or null when it cannot be known before it is made.</summary>
    Task<string?> ContentAsync(WorkspaceState state, ServiceInstance service, CancellationToken cancellationToken);
}
