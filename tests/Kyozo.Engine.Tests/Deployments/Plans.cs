using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.Deployments;

namespace Kyozo.Engine.Tests.Deployments;

/// <summary>Small builder of planning facts.</summary>
static class Plans
{
    public const string Content = "content-1";
    public const string Spec = "spec-1";

    public static ServiceInstance Service(string name, int replicas = 1, bool running = true, bool volume = false) => new()
    {
        Id = Id(name),
        TeamId = Guid.Empty,
        WorkspaceId = Guid.Empty,
        Name = name,
        FolderPath = "/" + name,
        ServiceType = ServiceType.Nodejs,
        WantedRunning = running,
        ScalingConfig = new() { Replicas = replicas },
        DeploymentConfig = new() { Volumes = volume ? [new("data", "/data")] : [] },
    };

    public static ServiceFacts New(string name) => new() { Service = Service(name, running: false), WantedContent = Content };

    public static ServiceFacts Running(string name, int replicas = 1, bool volume = false) => new()
    {
        Service = Service(name, replicas, volume: volume),
        Containers = [.. Enumerable.Range(1, replicas).Select(r => Container(name, r, ContainerStatus.Running))],
        DeployedContent = Content,
        WantedContent = Content,
        WantedSpec = Spec,
    };

    public static ServiceFacts Stopped(string name) => new()
    {
        Service = Service(name, running: false),
        Containers = [Container(name, 1, ContainerStatus.Exited)],
        DeployedContent = Content,
        WantedContent = Content,
        WantedSpec = Spec,
    };

    public static DeploymentPlan Plan(DeploymentKind kind, IReadOnlyList<ServiceFacts> services, IReadOnlyList<ServiceEdge>? edges = null, DeploymentRequest? request = null, Release? target = null) =>
        DeploymentPlanner.Plan(new()
        {
            Kind = kind,
            Request = request ?? new() { ServiceIds = [.. services.Select(s => s.Service.Id)] },
            Services = services,
            Edges = edges ?? [],
            Target = target,
        });

    public static ServiceEdge Requires(string from, string to) => new(Id(from), Id(to), DependencyType.Requires);

    public static Guid Id(string name) => new(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));

    static ServiceContainer Container(string name, int replica, ContainerStatus status) => new()
    {
        TeamId = Guid.Empty,
        ServiceInstanceId = Id(name),
        EngineId = Guid.Empty,
        Replica = replica,
        Epoch = 1,
        SpecHash = Spec,
        ContainerName = $"{name}-{replica}",
        ImageId = "sha256:1",
        Status = status,
        InService = true,
    };
}
