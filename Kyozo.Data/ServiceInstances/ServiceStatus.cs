namespace Kyozo.Data.ServiceInstances;

/// <summary>Lifecycle state of a service; CHECK <c>valid_status</c>.</summary>
public enum ServiceStatus
{
    /// <summary>Known from detection, never deployed.</summary>
    Detected,
    /// <summary>Part of a deployment that waits.</summary>
    Queued,
    /// <summary>Its image is being made.</summary>
    Building,
    /// <summary>Containers are starting.</summary>
    Starting,
    /// <summary>All wanted replicas run.</summary>
    Running,
    /// <summary>Fewer replicas than wanted run, or some are unhealthy.</summary>
    Degraded,
    /// <summary>Its containers keep ending.</summary>
    CrashLooping,
    /// <summary>Being stopped.</summary>
    Stopping,
    /// <summary>Stopped because somebody asked.</summary>
    Stopped,
    /// <summary>The last deployment failed and nothing runs.</summary>
    Failed,
    /// <summary>The engine does not answer.</summary>
    Unknown,
}

/// <summary>Which steps a service's life allows.</summary>
public static class ServiceStatusRules
{
    /// <summary>True when a service may go from one state to another. From anywhere it may become unknown (engine lost) and be found in any observed state again.</summary>
    public static bool Allows(ServiceStatus from, ServiceStatus to) => (from, to) switch
    {
        _ when from == to => true,
        (_, ServiceStatus.Detected) => false,
        (ServiceStatus.Detected, ServiceStatus.Running or ServiceStatus.Degraded or ServiceStatus.CrashLooping) => false,
        (ServiceStatus.Detected, ServiceStatus.Stopping) => false,
        (ServiceStatus.Stopped, ServiceStatus.Degraded or ServiceStatus.CrashLooping) => false,
        _ => true,
    };
}

/// <summary>A step that the life of a service does not allow.</summary>
public sealed class InvalidStatusChangeException(string service, ServiceStatus from, ServiceStatus to)
    : InvalidOperationException($"Service {service} cannot go from {from} to {to}.");
