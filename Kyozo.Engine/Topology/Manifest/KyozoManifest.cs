using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology.Manifest;

/// <summary>What a <c>kyozo.yaml</c> states. Everything dangerous is not refused here but cannot be said at all (SAFETY ).</summary>
sealed class KyozoManifest
{
    /// <summary>The file's name.</summary>
    public required string File { get; init; }

    /// <summary>False: nothing runs but what is named here.</summary>
    public bool Detect { get; set; } = true;

    public List<ManifestService> Services { get; } = [];

    /// <summary>Folders or names that are no service, with their line.</summary>
    public List<(string What, int Line)> Ignored { get; } = [];
}

/// <summary>One service as it is stated; what is null is left to detection.</summary>
sealed class ManifestService
{
    public required string Name { get; init; }

    /// <summary>1-based line of its name.</summary>
    public required int Line { get; init; }

    public ServiceType? Type { get; set; }
    public string? Path { get; set; }
    public string? Framework { get; set; }
    public string? Version { get; set; }
    public string? PackageManager { get; set; }
    public string? Dockerfile { get; set; }
    public string? Image { get; set; }
    public string? Install { get; set; }
    public string? Build { get; set; }
    public string? Start { get; set; }
    public string? Output { get; set; }
    public int? Port { get; set; }
    public bool? Publish { get; set; }
    public string? HealthPath { get; set; }
    public HealthCheckConfig? Check { get; set; }
    public int? Replicas { get; set; }
    public ResourceLimits? Limits { get; set; }

    /// <summary>Null: the variable is needed, its value is set in the service's settings.</summary>
    public Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal);

    public List<VolumeMount> Volumes { get; } = [];

    public List<ManifestDependency> Dependencies { get; } = [];
}

/// <summary>An edge as it is stated.</summary>
sealed class ManifestDependency
{
    public required string To { get; init; }
    public required int Line { get; init; }
    public DependencyType Type { get; set; }
    public string? Variable { get; set; }
    public string? Template { get; set; }
}

/// <summary>Why a <c>kyozo.yaml</c> is refused.</summary>
/// <param name="Line">1-based.</param>
/// <param name="Message">For people, with the way out.</param>
sealed record ManifestProblem(int Line, string Message);
