using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;

namespace Kyozo.Data.Workspaces;

/// <summary>One root folder of a team, with its container settings (seed 8).</summary>
public sealed class Workspace
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The container engine it lives on.</summary>
    public required Guid EngineId { get; init; }
    /// <summary>Name shown to people, 1..100 characters.</summary>
    public required string Name { get; set; }
    /// <summary>Name for addresses, networks and commands, unique in the team while not deleted.</summary>
    public required string Slug { get; init; }
    /// <summary>Absolute folder on the worker's machine, under an allowed root.</summary>
    public required string RootPath { get; init; }
    /// <summary>False stops detection and deploys of this workspace.</summary>
    public bool ContainerEnabled { get; set; } = true;
    /// <summary>The newest detection's graph.</summary>
    public FolderTopology? ServiceTopology { get; set; }
    /// <summary>True: a change of the folder files a deployment.</summary>
    public bool AutoDeployEnabled { get; set; }
    /// <summary>Selects variables and is a label; <c>production</c> by default.</summary>
    public string DeploymentEnvironment { get; set; } = "production";
    /// <summary>Private registry, or null.</summary>
    public string? ContainerRegistryUrl { get; set; }
    /// <summary>Fills every limit that a service leaves empty.</summary>
    public ResourceLimits DefaultResourceLimits { get; set; } = new();
    /// <summary>Days that events are kept before they move to the archive, 90..365, or null for the installation's.</summary>
    public int? EventRetentionDays { get; set; }
    /// <summary>Days that health checks are kept, 30..365, or null for the installation's.</summary>
    public int? HealthCheckRetentionDays { get; set; }
    /// <summary>Days that metrics are kept, 7..365, or null for the installation's.</summary>
    public int? MetricRetentionDays { get; set; }
    /// <summary>When the row was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>When it was last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }
    /// <summary>When it was deleted, or null; the row stays, the trail speaks of it.</summary>
    public DateTimeOffset? DeletedAt { get; set; }
}

/// <summary>One file of a workspace as indexed, with what analysis found in it (seed 9).</summary>
public sealed class WorkspaceFile
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The workspace it belongs to.</summary>
    public required Guid WorkspaceId { get; init; }
    /// <summary>Relative to the workspace root, with a leading slash.</summary>
    public required string Path { get; init; }
    /// <summary>Size of the file.</summary>
    public required long SizeBytes { get; set; }
    /// <summary>When the file was last changed on disk.</summary>
    public required DateTimeOffset ModifiedAt { get; set; }
    /// <summary>SHA-256 of the content in hexadecimal, or null when it was not read.</summary>
    public string? ContentHash { get; set; }
    /// <summary>What detection read in it (a JSON object), or null.</summary>
    public string? ServiceMetadata { get; set; }
    /// <summary>True when the file speaks for a deployable service.</summary>
    public bool IsServiceIndicator { get; set; }
    /// <summary>Technologies found in it, in lower case.</summary>
    public List<string> DetectedTechnologies { get; set; } = [];
    /// <summary>0..1, or null when it was not analysed.</summary>
    public double? AnalysisConfidence { get; set; }
    /// <summary>When it was last analysed, or null.</summary>
    public DateTimeOffset? LastAnalyzedAt { get; set; }
}
