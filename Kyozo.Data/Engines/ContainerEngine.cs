namespace Kyozo.Data.Engines;

/// <summary>One container engine that workspaces belong to (table <c>engines</c>).</summary>
public sealed class ContainerEngine
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>Unique; the first migration makes <c>local</c>.</summary>
    public required string Name { get; init; }
    /// <summary>Address, <c>unix:///var/run/docker.sock</c>.</summary>
    public required string Endpoint { get; set; }
    /// <summary>Whether the worker reaches it.</summary>
    public required EngineState State { get; set; }
    /// <summary>When <see cref="State"/> last changed.</summary>
    public DateTimeOffset StateSince { get; set; }
    /// <summary>Version string reported by the engine, or null while never reached.</summary>
    public string? Version { get; set; }
    /// <summary>When the row was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Whether the worker reaches the engine.</summary>
public enum EngineState
{
    /// <summary>Not asked yet.</summary>
    Unknown,
    /// <summary>Answers.</summary>
    Reachable,
    /// <summary>Does not answer: its services are of unknown state, not stopped.</summary>
    Unreachable,
}

/// <summary>A TCP port of an engine's host kept for one use, so that a stale route never reaches another team's service (DESIGN §2).</summary>
public sealed class PortReservation
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The container engine it lives on.</summary>
    public required Guid EngineId { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The service it leads to.</summary>
    public required Guid ServiceInstanceId { get; init; }
    /// <summary>The container for which the port is kept; null for a gateway port, which is the service's.</summary>
    public Guid? ServiceContainerId { get; init; }
    /// <summary>20000..29999 by default, unique per engine.</summary>
    public required int Port { get; init; }
    /// <summary>Who listens on it.</summary>
    public required PortUse Use { get; init; }
    /// <summary>Port inside the container that it leads to, 1..65535.</summary>
    public required int ContainerPort { get; init; }
    /// <summary>When it was reserved.</summary>
    public DateTimeOffset ReservedAt { get; init; }
}

/// <summary>Who listens on a reserved port.</summary>
public enum PortUse
{
    /// <summary>The gateway: the service's stable address.</summary>
    Gateway,
    /// <summary>The engine, on 127.0.0.1, for one container.</summary>
    Container,
}
