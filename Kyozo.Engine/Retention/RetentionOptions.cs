using System.ComponentModel.DataAnnotations;

namespace Kyozo.Engine.Retention;

/// <summary>How long rows are kept (configuration section <c>Kyozo:Retention</c>). A day's partition goes when its youngest row is older.</summary>
public sealed class RetentionOptions
{
    /// <summary>Events live this long, then move to the archive.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan Events { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Health checks live this long, then are dropped.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "365.00:00:00")]
    public TimeSpan HealthChecks { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Metrics live this long, then are dropped.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "365.00:00:00")]
    public TimeSpan Metrics { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Minutes of checks and metrics live this long, and at least as long as the rows they are made from.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan MinuteRollups { get; init; } = TimeSpan.FromDays(14);

    /// <summary>Hours live this long, and at least as long as minutes.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan HourRollups { get; init; } = TimeSpan.FromDays(400);

    /// <summary>Days live this long, and at least as long as hours.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "36500.00:00:00")]
    public TimeSpan DayRollups { get; init; } = TimeSpan.FromDays(3650);

    /// <summary>Analyses and build logs kept of each workspace.</summary>
    [Range(1, 10_000)]
    public int History { get; init; } = 50;

    /// <summary>How long partition statements wait for a lock before they let everybody else pass and try again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:05")]
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a statement is tried that did not get its lock.</summary>
    [Range(1, 1000)]
    public int Attempts { get; init; } = 60;
}
