using System.Collections.Frozen;

namespace Kyozo.Gateway.Routes;

/// <summary>One service at its stable port.</summary>
/// <param name="Id">The service.</param>
/// <param name="TeamId">Its team, for the counts.</param>
/// <param name="Name">Its name, for people.</param>
/// <param name="Port">The port reserved for it; it, never the Host header, chooses the service.</param>
/// <param name="Replicas">The containers in service; may be empty.</param>
sealed record RoutedService(Guid Id, Guid TeamId, string Name, int Port, IReadOnlyList<Replica> Replicas);

/// <summary>One container in service.</summary>
/// <param name="Id">Its row.</param>
/// <param name="Port">Port of this machine's loopback that leads into it.</param>
sealed record Replica(Guid Id, int Port);

/// <summary>Everything the gateway serves at one moment.</summary>
sealed class RouteTable
{
    readonly FrozenDictionary<int, RoutedService> _byPort;

    public RouteTable(IReadOnlyList<RoutedService> services)
    {
        Services = services;
        _byPort = services.ToFrozenDictionary(service => service.Port);
    }

    public static RouteTable Empty { get; } = new([]);

    /// <summary>Ordered by port.</summary>
    public IReadOnlyList<RoutedService> Services { get; }

    /// <summary>The service whose port that is, or null.</summary>
    public RoutedService? On(int port) => _byPort.GetValueOrDefault(port);

    public bool SameAs(RouteTable other) =>
        Services.Count == other.Services.Count
        && Services.Zip(other.Services).All(pair =>
            pair.First with { Replicas = [] } == pair.Second with { Replicas = [] } && pair.First.Replicas.SequenceEqual(pair.Second.Replicas));
}

/// <summary>The table in force.</summary>
sealed class CurrentRoutes
{
    volatile RouteTable _table = RouteTable.Empty;

    public RouteTable Table
    {
        get => _table;
        set => _table = value;
    }
}
