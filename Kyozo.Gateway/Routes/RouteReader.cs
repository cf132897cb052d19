using System.Text.Json;
using Npgsql;

namespace Kyozo.Gateway.Routes;

/// <summary>Reads from the database what is to be served.</summary>
static class RouteReader
{
    // One row for each container in service, one with nulls for a service that has none.
    const string Query =
        """
        SELECT reservation.service_instance_id, reservation.team_id, service.name, reservation.port, reservation.container_port, container.id, container.host_ports::text
        FROM port_reservations reservation
        JOIN service_instances service ON service.id = reservation.service_instance_id
        LEFT JOIN service_containers container
          ON container.service_instance_id = reservation.service_instance_id AND container.engine_id = reservation.engine_id
         AND container.in_service AND container.status = 'running' AND container.removed_at IS NULL
        WHERE reservation.engine_id = $1 AND reservation.use = 'gateway'
        ORDER BY reservation.port, container.id
        """;

    public static async Task<RouteTable> ReadAsync(NpgsqlConnection connection, Guid engineId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection) { Parameters = { new() { Value = engineId } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<Row>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var containerPort = reader.GetInt32(4);
            rows.Add(new(
                reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), reader.GetInt32(3),
                reader.IsDBNull(5) ? null : ReplicaAt(reader.GetGuid(5), containerPort, reader.GetString(6))));
        }

        return new([
            .. rows.GroupBy(row => row.Port).Select(group => new RoutedService(
                group.First().Id, group.First().TeamId, group.First().Name, group.Key,
                [.. group.Select(row => row.Replica).OfType<Replica>()])),
        ]);
    }

    // host_ports: {"3000":21004}. A container that does not publish this port cannot take the service's requests.
    static Replica? ReplicaAt(Guid id, int containerPort, string hostPorts) =>
        JsonSerializer.Deserialize<Dictionary<int, int>>(hostPorts)!.TryGetValue(containerPort, out var port) ? new(id, port) : null;

    sealed record Row(Guid Id, Guid TeamId, string Name, int Port, Replica? Replica);
}
