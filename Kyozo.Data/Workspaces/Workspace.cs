using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;

namespace Kyozo.Data.Workspaces;

/// <summary>One root folder of a team, with its container settings (seed 8).</summary>
public sealed class Workspace
{
    public Guid Id { get; init; }
    public required Guid TeamId { get; init; }
    public required Guid EngineId { get; init; }
    public required string Name { get; set; }
    /// <summary>Name for addresses, networks and commands, unique in the team while not deleted.</summary>
    public required string Slug { get; init; }
    /// <summary>Absolute folder on the worker's machine, under an allowed root.</summary>
    public required string RootPath { get; init; }
    /// <summary>False stops detection and deploys of this workspace.</summary>
    public bool ContainerEnabled { get; set; } = true;
    /// <summary>The newest detection's graph.</summary>
    public FolderTopology? ServiceTopology { get; set; }
    public bool AutoDeployEnabled { get; set; }
    /// <summary>Selects variables and is a label; <c>production</c> by default.</summary>
    public string DeploymentEnvironment { get; set; } = "production";
    public string? ContainerRegistryUrl { get; set; }
    /// <summary>Fills every limit that a service leaves empty.</summary>
    public ResourceLimits DefaultResourceLimits { get; set; } = new();
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
    public DateTimeOffset? DeletedAt { get; set; }
}

/// <summary>One file of a workspace as indexed, with what analysis found in it (seed 9).</summary>
public sealed class WorkspaceFile
{
    public Guid Id { get; init; }
    public required Guid TeamId { get; init; }
    public required Guid WorkspaceId { get; init; }
    /// <summary>Relative to the workspace root, with a leading slash.</summary>
    public required string Path { get; init; }
    public required long SizeBytes { get; set; }
    public required DateTimeOffset ModifiedAt { get; set; }
    /// <summary>SHA-256 of the content in hexadecimal, or null when it was not read.</summary>
    public string? ContentHash { get; set; }
    /// <summary>What detection read in it (a JSON object), or null.</summary>
    public string? ServiceMetadata { get; set; }
    public bool IsServiceIndicator { get; set; }
    public List<string> DetectedTechnologies { get; set; } = [];
    /// <summary>0..1, or null when it was not analysed.</summary>
    public double? AnalysisConfidence { get; set; }
    public DateTimeOffset? LastAnalyzedAt { get; set; }
}
