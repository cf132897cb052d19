using System.Net;
using System.Net.Sockets;
using Kyozo.Data;
using Kyozo.Data.Engines;
using Kyozo.Data.ServiceInstances;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Deployments;

/// <summary>No port is left in the range.</summary>
public sealed class NoPortLeftException(int first, int last) : Exception($"All ports from {first} to {last} are taken; widen the range in {PortOptions.Section}.");

/// <summary>Keeps ports of the engine's host for services and containers. Called inside a transaction: the reservation stands or falls with what it is for.</summary>
public sealed class PortBook(IOptions<PortOptions> options, TimeProvider clock)
{
    /// <summary>The stable gateway port of a service's container port: the one it has, else the lowest free.</summary>
    public async Task<int> ReserveForServiceAsync(KyozoContext db, Guid engineId, ServiceInstance service, int containerPort, CancellationToken cancellationToken)
    {
        var existing = await db.PortReservations
            .Where(p => p.ServiceInstanceId == service.Id && p.Use == PortUse.Gateway && p.ContainerPort == containerPort)
            .Select(p => (int?)p.Port).FirstOrDefaultAsync(cancellationToken);
        return existing ?? await ReserveAsync(db, PortUse.Gateway, engineId, service, null, containerPort, options.Value.GatewayFirst, options.Value.GatewayLast, new HashSet<int>(), cancellationToken);
    }

    /// <summary>A port on 127.0.0.1 for one container; <paramref name="avoid"/> are those the engine refused.</summary>
    public Task<int> ReserveForContainerAsync(
        KyozoContext db, Guid engineId, ServiceInstance service, Guid containerRecord, int containerPort, IReadOnlySet<int> avoid, CancellationToken cancellationToken)
    {
        // From a random place on: a port just freed is not given away at once, so that a route that has not been told yet leads nowhere and not elsewhere.
        var (first, last) = (options.Value.ContainerFirst, options.Value.ContainerLast);
        return ReserveAsync(db, PortUse.Container, engineId, service, containerRecord, containerPort, first, last, avoid, cancellationToken, Random.Shared.Next(first, last + 1));
    }

    async Task<int> ReserveAsync(
        KyozoContext db, PortUse use, Guid engineId, ServiceInstance service, Guid? containerRecord, int containerPort,
        int first, int last, IReadOnlySet<int> avoid, CancellationToken cancellationToken, int? from = null)
    {
        var taken = (await db.PortReservations.Where(p => p.EngineId == engineId && p.Port >= first && p.Port <= last).Select(p => p.Port).ToListAsync(cancellationToken)).ToHashSet();
        var count = last - first + 1;
        var start = (from ?? first) - first;
        for (var i = 0; i < count; i++)
        {
            var port = first + (start + i) % count;
            if (taken.Contains(port) || avoid.Contains(port) || !IsFree(port)) continue;
            var now = clock.GetUtcNow();
            var inserted = await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO port_reservations (id, engine_id, team_id, service_instance_id, service_container_id, port, use, container_port, reserved_at)
                VALUES ({Guid.CreateVersion7(now)}, {engineId}, {service.TeamId}, {service.Id}, {containerRecord}, {port}, {(use is PortUse.Gateway ? "gateway" : "container")}, {containerPort}, {now})
                ON CONFLICT (engine_id, port) DO NOTHING
                """, cancellationToken);
            if (inserted == 1) return port;
        }

        throw new NoPortLeftException(first, last);
    }

    // Somebody outside Kyozo may sit on it; the engine would only say so after the container is made.
    static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
