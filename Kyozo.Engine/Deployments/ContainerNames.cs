namespace Kyozo.Engine.Deployments;

/// <summary>Names of what Kyozo makes on an engine. Each ends in a piece of an id: teams and installations that share an engine may use the same words.</summary>
public static class ContainerNames
{
    /// <summary>The workspace's network.</summary>
    public static string Network(string teamSlug, string workspaceSlug, Guid workspaceId) => $"kyozo-{teamSlug}-{workspaceSlug}-{Short(workspaceId)}";

    /// <summary>One container of a service.</summary>
    public static string Container(string workspaceSlug, string serviceName, int replica, Guid recordId) => $"kyozo-{workspaceSlug}-{serviceName}-{replica}-{Short(recordId)}";

    /// <summary>One volume of a service: it outlives its containers.</summary>
    public static string Volume(string workspaceSlug, string serviceName, string volume, Guid serviceId) => $"kyozo-{workspaceSlug}-{serviceName}-{volume}-{Short(serviceId)}";

    // The random end of a version 7 id: its beginning is the time and nearly equal for all made together.
    static string Short(Guid id) => id.ToString("N")[^8..];
}
