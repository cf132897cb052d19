using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Topology;
using Kyozo.Data.Workspaces;

namespace Kyozo.Testing;

/// <summary>Writes the rows that a test starts from: <c>await A.TeamAsync(database, ct)</c>.</summary>
public static class A
{
    static int count;

    /// <summary>A new id in the order of time.</summary>
    public static Guid Id() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

    public static async Task<Team> TeamAsync(TestDatabase database, CancellationToken cancellationToken, string? slug = null)
    {
        slug ??= $"team-{Interlocked.Increment(ref count)}";
        var team = new Team { Id = Id(), Name = slug, Slug = slug };
        await SaveAsync(database, team, cancellationToken);
        return team;
    }

    /// <summary>A user, member of the team in that role; in no team when it is null.</summary>
    public static async Task<User> UserAsync(TestDatabase database, Team? team, CancellationToken cancellationToken, TeamRole role = TeamRole.Member)
    {
        var name = $"user-{Interlocked.Increment(ref count)}";
        var user = new User { Id = Id(), UserName = name, NormalizedUserName = name.ToUpperInvariant(), DisplayName = name };
        await SaveAsync(database, user, cancellationToken);
        if (team is not null) await SaveAsync(database, new TeamMembership { TeamId = team.Id, UserId = user.Id, Role = role }, cancellationToken);
        return user;
    }

    public static async Task<Workspace> WorkspaceAsync(TestDatabase database, Team team, CancellationToken cancellationToken, string? rootPath = null, string? slug = null)
    {
        slug ??= $"workspace-{Interlocked.Increment(ref count)}";
        var workspace = new Workspace
        {
            Id = Id(),
            TeamId = team.Id,
            EngineId = WellKnown.LocalEngine,
            Name = slug,
            Slug = slug,
            RootPath = rootPath ?? $"/srv/{slug}",
        };
        await SaveAsync(database, workspace, cancellationToken);
        return workspace;
    }

    public static async Task<ServiceInstance> ServiceAsync(
        TestDatabase database, Workspace workspace, CancellationToken cancellationToken, string? name = null, ServiceType type = ServiceType.Nodejs,
        Action<ServiceInstance>? with = null)
    {
        name ??= $"service-{Interlocked.Increment(ref count)}";
        var service = new ServiceInstance
        {
            Id = Id(),
            TeamId = workspace.TeamId,
            WorkspaceId = workspace.Id,
            Name = name,
            FolderPath = $"/{name}",
            ServiceType = type,
        };
        with?.Invoke(service);
        await SaveAsync(database, service, cancellationToken);
        return service;
    }

    /// <summary>The edge "<paramref name="service"/> depends on <paramref name="on"/>".</summary>
    public static async Task<ServiceDependency> DependencyAsync(
        TestDatabase database, ServiceInstance service, ServiceInstance on, CancellationToken cancellationToken, DependencyType type = DependencyType.Requires)
    {
        var dependency = new ServiceDependency
        {
            Id = Id(),
            TeamId = service.TeamId,
            WorkspaceId = service.WorkspaceId,
            ServiceInstanceId = service.Id,
            DependsOnId = on.Id,
            DependencyType = type,
        };
        await SaveAsync(database, dependency, cancellationToken);
        return dependency;
    }

    /// <summary>The row of a container that runs and is in service, as the runner leaves it.</summary>
    /// <param name="database">Where.</param>
    /// <param name="service">Whose.</param>
    /// <param name="containerId">The engine's id of it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="replica">From 1.</param>
    /// <param name="hostPorts">Published ports, by the container's.</param>
    public static async Task<ServiceContainer> ContainerAsync(
        TestDatabase database, ServiceInstance service, string containerId, CancellationToken cancellationToken, int replica = 1, Dictionary<int, int>? hostPorts = null)
    {
        var container = new ServiceContainer
        {
            Id = Id(),
            TeamId = service.TeamId,
            ServiceInstanceId = service.Id,
            EngineId = WellKnown.LocalEngine,
            Replica = replica,
            Epoch = 1,
            SpecHash = "none",
            ContainerId = containerId,
            ContainerName = $"container-{Interlocked.Increment(ref count)}",
            ImageId = "none",
            HostPorts = hostPorts ?? [],
            Status = ContainerStatus.Running,
            InService = true,
        };
        await SaveAsync(database, container, cancellationToken);
        return container;
    }

    static async Task SaveAsync(TestDatabase database, object entity, CancellationToken cancellationToken)
    {
        await using var db = database.OpenAsAdmin();
        db.Add(entity);
        await db.SaveChangesAsync(cancellationToken);
    }
}
