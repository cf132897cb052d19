namespace Kyozo.Data.Topology;

/// <summary>What a person says about a finding, kept and laid over every later analysis until it is undone.</summary>
public sealed class DetectionCorrection
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The workspace it belongs to.</summary>
    public required Guid WorkspaceId { get; init; }
    /// <summary>What it says.</summary>
    public required CorrectionKind Kind { get; init; }
    /// <summary>Folder of the service relative to the workspace root, with a leading slash; null for a service without one.</summary>
    public string? FolderPath { get; init; }
    /// <summary>The service, or the one an edge starts from.</summary>
    public required string ServiceName { get; init; }
    /// <summary>The service an edge leads to; null when it is no edge.</summary>
    public string? OtherService { get; init; }
    /// <summary>The values; what is null in them stays as detection finds it.</summary>
    public required CorrectedValues Values { get; init; }
    /// <summary>Who said so.</summary>
    public required Guid CorrectedBy { get; init; }
    /// <summary>When.</summary>
    public required DateTimeOffset CorrectedAt { get; init; }
    /// <summary>Who took it back (or said something else), or null.</summary>
    public Guid? UndoneBy { get; set; }
    /// <summary>When it was taken back, or null while it holds.</summary>
    public DateTimeOffset? UndoneAt { get; set; }
}

/// <summary>What a correction says; CHECK <c>valid_correction_kind</c>.</summary>
public enum CorrectionKind
{
    /// <summary>It is a service, with these values; without values: what was found is right.</summary>
    Service,
    /// <summary>It is no service.</summary>
    NoService,
    /// <summary>There is this edge.</summary>
    Edge,
    /// <summary>There is no such edge.</summary>
    NoEdge,
}

/// <summary>Corrected values; null: as found. An empty text, and port 0, say that there is none.</summary>
public sealed record CorrectedValues
{
    /// <summary>What it is made of.</summary>
    public ServiceType? Type { get; init; }
    /// <summary>1..65535; 0: it listens nowhere.</summary>
    public int? Port { get; init; }
    /// <summary>Command that installs its packages.</summary>
    public string? InstallCommand { get; init; }
    /// <summary>Command that builds it.</summary>
    public string? BuildCommand { get; init; }
    /// <summary>Command that starts it.</summary>
    public string? StartCommand { get; init; }
    /// <summary>HTTP path that answers when it is well.</summary>
    public string? HealthPath { get; init; }
    /// <summary>Kind of an edge.</summary>
    public DependencyType? DependencyType { get; init; }
    /// <summary>Variable through which an edge gives the address.</summary>
    public string? EnvVariable { get; init; }

    /// <summary>Names of the values that are corrected.</summary>
    public IEnumerable<string> Named()
    {
        if (Type is not null) yield return "type";
        if (Port is not null) yield return "port";
        if (InstallCommand is not null) yield return "install command";
        if (BuildCommand is not null) yield return "build command";
        if (StartCommand is not null) yield return "start command";
        if (HealthPath is not null) yield return "health path";
        if (DependencyType is not null) yield return "kind of edge";
        if (EnvVariable is not null) yield return "variable";
    }
}
