using System.ComponentModel.DataAnnotations;

namespace Kyozo.Engine.Maintenance;

/// <summary>How upkeep treats those who work meanwhile (configuration section <c>Kyozo:Maintenance</c>).</summary>
public sealed class MaintenanceOptions
{
    /// <summary>How long a statement waits for a lock before it lets everybody else pass and tries again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a statement is tried that did not get its lock.</summary>
    [Range(1, 1000)]
    public int Attempts { get; init; } = 20;

    /// <summary>How long a reindex waits for a backup or an archival that is under way.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "12:00:00")]
    public TimeSpan Patience { get; init; } = TimeSpan.FromHours(1);
}
