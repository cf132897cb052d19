namespace Kyozo.Data.Topology;

/// <summary>One stored analysis of a folder (seed 1, table <c>topology_detections</c>).</summary>
public sealed class TopologyDetection
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The workspace it belongs to.</summary>
    public required Guid WorkspaceId { get; init; }
    /// <summary>Relative to the workspace root, with a leading slash.</summary>
    public required string FolderPath { get; init; }
    /// <summary>Service name → its type, evidence and alternatives (a JSON object).</summary>
    public required string DetectedPatterns { get; init; }
    /// <summary>Service name → 0..1 (a JSON object).</summary>
    public required string ConfidenceScores { get; init; }
    /// <summary>The services worth deploying.</summary>
    public required IReadOnlyList<DetectedService> RecommendedServices { get; init; }
    /// <summary>The whole finding: services, edges, what was skipped.</summary>
    public required FolderTopology ServiceGraph { get; init; }
    /// <summary>Recommended way to run it.</summary>
    public required DeploymentStrategy DeploymentStrategy { get; init; }
    /// <summary>When the folder was read.</summary>
    public required DateTimeOffset DetectedAt { get; init; }
    /// <summary>User who asked, or null for the system.</summary>
    public Guid? RequestedBy { get; init; }
}
