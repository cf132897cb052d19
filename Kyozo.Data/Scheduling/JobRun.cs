namespace Kyozo.Data.Scheduling;

/// <summary>One run of a scheduled job, for the jobs page (table <c>job_runs</c>, installation-wide).</summary>
public sealed class JobRun
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>Name of the job as in the worker's schedule.</summary>
    public required string JobName { get; init; }
    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>When it ended, or null while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; set; }
    /// <summary>Null while it runs.</summary>
    public bool? Succeeded { get; set; }
    /// <summary>One line of outcome or error, or null.</summary>
    public string? Outcome { get; set; }
    /// <summary>Worker that ran it.</summary>
    public required string Node { get; init; }
    /// <summary>User who pressed "run now", or null for the schedule.</summary>
    public Guid? RequestedBy { get; init; }
}
