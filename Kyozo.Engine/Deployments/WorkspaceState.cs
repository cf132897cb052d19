using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Topology;
using Kyozo.Data.Workspaces;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Images;
using Kyozo.Engine.Secrets;

namespace Kyozo.Engine.Deployments;

/// <summary>One workspace as its rows describe it, read in one go: from it plans, container specifications and health gates are made without further I/O.</summary>
public sealed class WorkspaceState
{
    /// <summary>Name of the generated password of a backing service among its secrets.</summary>
    public const string GeneratedPassword = "kyozo_password";

    readonly byte[] _hashKey;

    internal WorkspaceState(byte[] hashKey) => _hashKey = hashKey;

    public required Guid Installation { get; init; }
    public required Team Team { get; init; }
    public required Workspace Workspace { get; init; }
    /// <summary>The live services.</summary>
    public required IReadOnlyList<ServiceInstance> Services { get; init; }
    /// <summary>Edges between live services.</summary>
    public required IReadOnlyList<ServiceDependency> Dependencies { get; init; }
    /// <summary>Recorded containers that are not removed.</summary>
    public required IReadOnlyList<ServiceContainer> Containers { get; init; }
    /// <summary>What each service runs, by its id, as released.</summary>
    public required IReadOnlyDictionary<Guid, ReleasedService> Released { get; init; }
    /// <summary>Service → secret name → value.</summary>
    public required IReadOnlyDictionary<Guid, IReadOnlyDictionary<string, string>> Secrets { get; init; }

    /// <summary>Hides every secret of the workspace.</summary>
    public SecretMasker Masker => new(Secrets.Values.SelectMany(s => s.Values));

    /// <summary>Labels of all that is made for this workspace.</summary>
    public IReadOnlyDictionary<string, string> Labels => new Dictionary<string, string>
    {
        [KyozoLabels.Installation] = Installation.ToString(),
        [KyozoLabels.Team] = Team.Id.ToString(),
        [KyozoLabels.Workspace] = Workspace.Id.ToString(),
    };

    /// <summary>Recorded containers of a service.</summary>
    public IReadOnlyList<ServiceContainer> ContainersOf(Guid serviceId) => [.. Containers.Where(c => c.ServiceInstanceId == serviceId)];

    /// <summary>The edges as the planner sees them.</summary>
    public IReadOnlyList<ServiceEdge> Edges => [.. Dependencies.Select(d => new ServiceEdge(d.ServiceInstanceId, d.DependsOnId, d.DependencyType))];

    /// <summary>What the service's containers are made from, with that image.</summary>
    public ContainerBlueprint Blueprint(ServiceInstance service, string imageId)
    {
        var backing = BackingImages.Find(service.ServiceType);
        var account = Account(service);
        var given = backing is null ? new Dictionary<string, string>() : account.Expand(backing.Environment);
        return new()
        {
            Installation = Installation,
            Team = Team,
            Workspace = Workspace,
            Service = service,
            ImageId = imageId,
            Command = backing is null ? [] : account.Expand(backing.Command),
            Environment = ServiceEnvironment.Of(service, Workspace.DeploymentEnvironment, given, Needs(service), OwnSecrets(service)),
            Capabilities = backing?.Capabilities ?? [],
            User = backing?.User,
        };
    }

    /// <summary><see cref="ContainerSpecs.Hash"/> of the service with that image.</summary>
    public string SpecHash(ServiceInstance service, string imageId) => ContainerSpecs.Hash(Blueprint(service, imageId), _hashKey);

    /// <summary>How others in the workspace reach the service.</summary>
    public ConnectionTarget Target(ServiceInstance service)
    {
        var backing = BackingImages.Find(service.ServiceType);
        var port = service.PortMappings is [var first, ..] ? first.ContainerPort : backing?.Port;
        if (backing is null) return new(service.Name, port);

        var account = Account(service);
        return new(service.Name, port)
        {
            User = backing.DefaultUser is null ? null : account.User,
            Password = backing.NeedsPassword ? account.Password : null,
            Database = backing.DefaultDatabase is null ? null : account.Database,
        };
    }

    // A folder's compose file may name user, password and database of its own: then they hold, for the server and for those who connect to it.
    BackingCredentials Account(ServiceInstance service)
    {
        var backing = BackingImages.Find(service.ServiceType);
        var own = new Dictionary<string, string>(service.DeploymentConfig.VariablesIn(Workspace.DeploymentEnvironment));
        foreach (var (name, value) in OwnSecrets(service)) own[name] = value;
        string? Given(string placeholder) => backing?.Environment
            .Where(e => e.Value == placeholder && own.ContainsKey(e.Key)).Select(e => own[e.Key]).FirstOrDefault();
        var generated = Secrets.TryGetValue(service.Id, out var secrets) ? secrets.GetValueOrDefault(GeneratedPassword) : null;
        return new(Given("{user}") ?? backing?.DefaultUser ?? "", Given("{password}") ?? generated ?? "", Given("{database}") ?? backing?.DefaultDatabase ?? "");
    }

    Dictionary<string, string> OwnSecrets(ServiceInstance service) => Secrets.TryGetValue(service.Id, out var secrets)
        ? secrets.Where(s => s.Key != GeneratedPassword).ToDictionary()
        : [];

    IEnumerable<(ServiceDependency, ServiceInstance, ConnectionTarget)> Needs(ServiceInstance service) =>
        from edge in Dependencies
        where edge.ServiceInstanceId == service.Id && edge.DependencyType is not DependencyType.Conflicts
        let other = Services.FirstOrDefault(s => s.Id == edge.DependsOnId)
        where other is not null
        select (edge, other, Target(other));
}
