namespace Kyozo.Data.Topology;

/// <summary>What one analysis of a folder found. Serialised by <see cref="KyozoJson"/> this is the JSON of <c>kyozo detect --json</c> (DESIGN §6).</summary>
public sealed record FolderTopology
{
    /// <summary>The analysed folder as it was named.</summary>
    public required string Folder { get; init; }

    /// <summary>How the services are best run.</summary>
    public required DeploymentStrategy Strategy { get; init; }

    /// <summary>Why that strategy, in sentences for people, and what to look at: start order, jobs that need a schedule, cycles, contradictions.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The services, ordered by path and name.</summary>
    public required IReadOnlyList<DetectedService> Services { get; init; }

    /// <summary>The edges between <see cref="Services"/>, ordered by from and to.</summary>
    public required IReadOnlyList<DetectedDependency> Dependencies { get; init; }

    /// <summary>What was not read, and why.</summary>
    public required IReadOnlyList<SkippedPath> Skipped { get; init; }
}

/// <summary>Recommended way to run what was found.</summary>
public enum DeploymentStrategy
{
    /// <summary>Nothing deployable.</summary>
    None,
    /// <summary>One container.</summary>
    SingleContainer,
    /// <summary>Several containers started in dependency order.</summary>
    MultiContainer,
    /// <summary>Only files to serve.</summary>
    StaticSite,
    /// <summary>At least one runs at times, by a schedule that somebody has to keep.</summary>
    NeedsScheduler,
}

/// <summary>One service found in a folder.</summary>
public sealed record DetectedService
{
    /// <summary>Name, unique in the topology: <c>[a-z0-9][a-z0-9-]{0,62}</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its folder relative to the analysed one, with forward slashes; <c>.</c> for the folder itself, null for a backing service that has no folder.</summary>
    public string? Path { get; init; }

    /// <summary>What it is made of.</summary>
    public required ServiceType Type { get; init; }

    /// <summary>Framework in lower case (<c>express</c>, <c>django</c>), or null.</summary>
    public string? Framework { get; init; }

    /// <summary>Language or server version as the folder states it, or null.</summary>
    public string? Version { get; init; }

    /// <summary>Port it listens on, 1..65535; null for a worker or when unknown.</summary>
    public int? Port { get; init; }

    /// <summary>npm, pnpm, yarn, pip, composer ... or null.</summary>
    public string? PackageManager { get; init; }

    /// <summary>Command that installs its packages, or null when it needs none.</summary>
    public string? InstallCommand { get; init; }

    /// <summary>Command that builds it, or null.</summary>
    public string? BuildCommand { get; init; }

    /// <summary>Command that starts it, or null when the image knows.</summary>
    public string? StartCommand { get; init; }

    /// <summary>HTTP path that is likely to answer when it is well, or null.</summary>
    public string? HealthPath { get; init; }

    /// <summary>Folder with the built static files, relative to <see cref="Path"/>, or null.</summary>
    public string? OutputPath { get; init; }

    /// <summary>Its own Dockerfile relative to the analysed folder, or null when one is to be generated.</summary>
    public string? Dockerfile { get; init; }

    /// <summary>Ready image it runs (compose <c>image:</c>), or null.</summary>
    public string? Image { get; init; }

    /// <summary>Environment variables it reads.</summary>
    public IReadOnlyList<DetectedVariable> Environment { get; init; } = [];

    /// <summary>Folders whose change makes a new build, relative to the analysed one.</summary>
    public IReadOnlyList<string> Watch { get; init; } = [];

    /// <summary>0..1.</summary>
    public required double Confidence { get; init; }

    /// <summary>Why it is believed.</summary>
    public IReadOnlyList<Evidence> Evidence { get; init; } = [];

    /// <summary>What else it might be, best first.</summary>
    public IReadOnlyList<Alternative> Alternatives { get; init; } = [];

    /// <summary>What the folder or a person states about how it is run, or null; printed only when there is something.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public StatedConfig? Stated { get; init; }
}

/// <summary>A directed edge: <see cref="From"/> uses <see cref="To"/>.</summary>
/// <param name="From">Name of the service that depends.</param>
/// <param name="To">Name of the service depended on.</param>
/// <param name="Type">Kind of edge.</param>
/// <param name="EnvVariable">Variable through which the address is given (<c>DATABASE_URL</c>), or null.</param>
/// <param name="Confidence">0..1.</param>
/// <param name="Evidence">Why it is believed.</param>
public sealed record DetectedDependency(
    string From, string To, DependencyType Type, string? EnvVariable, double Confidence, IReadOnlyList<Evidence> Evidence)
{
    /// <summary>Value of <see cref="EnvVariable"/> with placeholders (<c>postgres://{user}:{password}@{host}:{port}/{database}</c>), or null.</summary>
    public string? ConnectionTemplate { get; init; }
}

/// <summary>The seed's dependency types; CHECK <c>valid_dependency_type</c>.</summary>
public enum DependencyType
{
    /// <summary>The service does not start without the other.</summary>
    Requires,
    /// <summary>Starts without it, perhaps with less to offer.</summary>
    Optional,
    /// <summary>The two must not run together.</summary>
    Conflicts,
}

/// <summary>One reason for a finding.</summary>
/// <param name="File">File relative to the analysed folder.</param>
/// <param name="Line">1-based line, or null when the file's being there is the reason.</param>
/// <param name="Signal">What was seen, in a few words.</param>
/// <param name="Weight">Contribution to the score, 0..1 (negative speaks against).</param>
public sealed record Evidence(string File, int? Line, string Signal, double Weight);

/// <summary>A type the service might be instead.</summary>
/// <param name="Type">The type.</param>
/// <param name="Confidence">0..1.</param>
/// <param name="Reason">Why it was thought of.</param>
public sealed record Alternative(ServiceType Type, double Confidence, string Reason);

/// <summary>An environment variable that a service reads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Required">The service has no default for it.</param>
/// <param name="HasValue">The folder gives a value, or an edge does.</param>
/// <param name="Secret">Its name says that the value must not be shown.</param>
public sealed record DetectedVariable(string Name, bool Required, bool HasValue, bool Secret);

/// <summary>A path that was not read.</summary>
/// <param name="Path">Relative to the analysed folder.</param>
/// <param name="Reason">Why, in words for people.</param>
public sealed record SkippedPath(string Path, string Reason);
