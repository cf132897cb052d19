using System.ComponentModel.DataAnnotations;

namespace Kyozo.Engine.DatabaseVolume;

/// <summary>The watch over the disk of the database (configuration section <c>Kyozo:DatabaseVolume</c>).</summary>
public sealed class DatabaseVolumeOptions
{
    /// <summary>A folder on the database's disk, where the server's own data folder cannot be asked for; null: ask the server. Of a server elsewhere nothing is watched.</summary>
    public string? Path { get; init; }

    /// <summary>Share in use from which the alarm is given.</summary>
    [Range(0.1, 1)]
    public double AlarmAt { get; init; } = 0.85;

    /// <summary>Share in use from which metrics are not stored and nothing is built.</summary>
    [Range(0.1, 1)]
    public double StopAt { get; init; } = 0.92;

    /// <summary>How often it is looked at.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);
}
