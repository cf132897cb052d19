using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Containers;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Deployments;

/// <summary>
/// Makes, starts, stops and removes the containers of services. The record is written before the engine makes anything, so that nothing of ours is ever without one;
/// and nothing is touched whose record and labels do not both say that it is ours (SAFETY M3, A-36).
/// </summary>
sealed class ContainerWork(IContainerRuntime runtime, ContainerJournal journal, PortBook ports, DeploymentOptions options)
{
    const int PortAttempts = 10;

    /// <summary>Makes and starts one replica. <paramref name="made"/> hears of each record before its container exists, so that a failure can take it back.</summary>
    public async Task<ServiceContainer> StartNewAsync(
        ContainerBlueprint blueprint, string specHash, int replica, Action<ServiceContainer> made, CancellationToken cancellationToken)
    {
        var refused = new HashSet<int>();
        for (var attempt = 1; ; attempt++)
        {
            var container = await RecordAsync(blueprint, specHash, replica, refused, cancellationToken);
            made(container);
            var place = new ContainerPlace(container.ContainerName, replica, container.Epoch, container.HostPorts);
            journal.Demand();
            container.ContainerId = await runtime.CreateContainerAsync(ContainerSpecs.Build(blueprint, place, specHash), cancellationToken);
            await journal.WriteAsync(db => db.ServiceContainers.Where(c => c.Id == container.Id)
                .ExecuteUpdateAsync(u => u.SetProperty(c => c.ContainerId, container.ContainerId), cancellationToken), [], cancellationToken);
            try
            {
                await StartAsync(container, cancellationToken);
                return container;
            }
            catch (PortTakenException e) when (attempt < PortAttempts)
            {
                // Somebody took the port between our look and the engine's (SAFETY M12): the next one.
                refused.Add(e.Port);
                refused.UnionWith(container.HostPorts.Values);
                await RemoveAsync(container, TimeSpan.Zero, cancellationToken);
            }
        }
    }

    /// <summary>Starts a container that exists.</summary>
    public async Task StartAsync(ServiceContainer container, CancellationToken cancellationToken)
    {
        journal.Demand();
        await runtime.StartContainerAsync(container.ContainerId!, cancellationToken);
        await MarkAsync(container, ContainerStatus.Running, cancellationToken);
    }

    /// <summary>Stops a container and keeps it.</summary>
    public async Task StopAsync(ServiceContainer container, CancellationToken cancellationToken)
    {
        if (await FindOwnAsync(container, cancellationToken) is { } found)
        {
            journal.Demand();
            await runtime.StopContainerAsync(found.Id, options.StopGrace, cancellationToken);
        }

        await MarkAsync(container, ContainerStatus.Exited, cancellationToken);
    }

    /// <summary>Ends a container and frees its ports.</summary>
    public async Task RemoveAsync(ServiceContainer container, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (await FindOwnAsync(container, cancellationToken) is { } found)
        {
            journal.Demand();
            if (grace > TimeSpan.Zero && found.Phase is ContainerPhase.Running) await runtime.StopContainerAsync(found.Id, grace, cancellationToken);
            await runtime.RemoveContainerAsync(found.Id, cancellationToken);
        }

        await journal.WriteAsync(async db =>
        {
            await db.PortReservations.Where(p => p.ServiceContainerId == container.Id).ExecuteDeleteAsync(cancellationToken);
            await db.ServiceContainers.Where(c => c.Id == container.Id).ExecuteUpdateAsync(u => u
                .SetProperty(c => c.Status, ContainerStatus.Removed)
                .SetProperty(c => c.InService, false)
                .SetProperty(c => c.RemovedAt, journal.Now), cancellationToken);
        }, [], cancellationToken);
    }

    Task<ContainerState?> FindOwnAsync(ServiceContainer container, CancellationToken cancellationToken) => Ownership.FindAsync(runtime, container, cancellationToken);

    async Task MarkAsync(ServiceContainer container, ContainerStatus status, CancellationToken cancellationToken)
    {
        await journal.WriteAsync(db => db.ServiceContainers.Where(c => c.Id == container.Id)
            .ExecuteUpdateAsync(u => u.SetProperty(c => c.Status, status).SetProperty(c => c.RestartCount, 0), cancellationToken), [], cancellationToken);
        (container.Status, container.RestartCount) = (status, 0);
    }

    async Task<ServiceContainer> RecordAsync(ContainerBlueprint blueprint, string specHash, int replica, HashSet<int> refused, CancellationToken cancellationToken)
    {
        var (service, engine) = (blueprint.Service, journal.EngineId);
        var id = Guid.CreateVersion7(journal.Now);
        var container = new ServiceContainer
        {
            Id = id,
            TeamId = service.TeamId,
            ServiceInstanceId = service.Id,
            EngineId = engine,
            Replica = replica,
            Epoch = journal.Epoch,
            SpecHash = specHash,
            ContainerName = ContainerNames.Container(blueprint.Workspace.Slug, service.Name, replica, id),
            ImageId = blueprint.ImageId,
            CreatedAt = journal.Now,
        };
        await journal.WriteAsync(async db =>
        {
            db.Add(container);
            await db.SaveChangesAsync(cancellationToken);
            var bound = new Dictionary<int, int>();
            foreach (var port in ContainerSpecs.BoundPorts(service))
            {
                bound[port.ContainerPort] = await ports.ReserveForContainerAsync(db, engine, service, id, port.ContainerPort, refused, cancellationToken);
                if (port is { Published: true, Protocol: PortProtocol.Http })
                    await ports.ReserveForServiceAsync(db, engine, service, port.ContainerPort, cancellationToken);
            }

            container.HostPorts = bound;
        }, [], cancellationToken);
        return container;
    }
}
