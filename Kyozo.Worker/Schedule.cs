using System.ComponentModel.DataAnnotations;
using Kyozo.Worker.Jobs;
using Quartz;

namespace Kyozo.Worker;

/// <summary>Everything that the worker does by the clock: each job, what it is for, and when. Nothing else is scheduled anywhere.</summary>
static class Schedule
{
    public static IReadOnlyList<Job> Jobs(ScheduleOptions when) =>
    [
        new Job<HealthChecksJob>("health-checks", "Probes every running service whose check is due.") { Every = when.HealthChecks },
        new Job<MetricsJob>("metrics", "Measures every running container and takes over the gateway's counts.") { Every = when.Metrics },
        new Job<PartitionsJob>("partitions", "Makes the day partitions of events, checks and metrics ahead.") { Every = when.Partitions, AtStart = true },
        new Job<RollupJob>("rollups", "Rolls checks and metrics up to minutes, hours and days.") { Every = when.Rollups },
        new Job<ArchivalJob>("archival", "Moves events past their limit to the archive, drops checks and metrics past theirs.") { Cron = when.Archival, CronText = when.ArchivalText, AtStart = true },
        new Job<AnchorsJob>("anchors", "Signs the heads of the trail, into the database and into a file outside of it; fails when the trail was changed from outside.") { Every = when.Anchors, AtStart = true },
        new Job<BackupJob>("backup", "Makes an encrypted backup, restores it to see that it is whole, and lets the oldest go.") { Cron = when.Backup, CronText = when.BackupText },
        new Job<AnalyzeJob>("analyze", "Refreshes the planner's statistics of every table.") { Cron = when.Analyze, CronText = when.AnalyzeText },
        new Job<ReindexJob>("reindex", "Builds the indexes of events, checks and metrics anew, beside their writers.") { Cron = when.Reindex, CronText = when.ReindexText },
        new Job<HistoryJob>("history", "Keeps the newest analyses and build logs of each workspace and forgets older ones.") { Every = when.History },
        new Job<StagingSweepJob>("staging-sweep", "Removes uploads that were broken off.") { Every = when.StagingSweep, AtStart = true },
        new Job<JobRunsCleanupJob>("job-runs-cleanup", "Keeps the newest runs of each job and forgets the rest.") { Every = when.JobRunsCleanup },
    ];
}

/// <summary>When jobs run (configuration section <c>Kyozo:Schedule</c>).</summary>
sealed class ScheduleOptions
{
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan HealthChecks { get; init; } = TimeSpan.FromSeconds(5);

    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Metrics { get; init; } = TimeSpan.FromSeconds(15);

    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan Partitions { get; init; } = TimeSpan.FromHours(1);

    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Rollups { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Quartz cron expression, UTC.</summary>
    [Required]
    public string Archival { get; init; } = "0 10 3 * * ?";

    /// <summary><see cref="Archival"/> in words.</summary>
    [Required]
    public string ArchivalText { get; init; } = "daily at 03:10 UTC";

    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan Anchors { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Quartz cron expression, UTC.</summary>
    [Required]
    public string Backup { get; init; } = "0 30 2 * * ?";

    /// <summary><see cref="Backup"/> in words.</summary>
    [Required]
    public string BackupText { get; init; } = "daily at 02:30 UTC";

    /// <summary>Quartz cron expression, UTC.</summary>
    [Required]
    public string Analyze { get; init; } = "0 20 4 ? * SUN";

    /// <summary><see cref="Analyze"/> in words.</summary>
    [Required]
    public string AnalyzeText { get; init; } = "Sundays at 04:20 UTC";

    /// <summary>Quartz cron expression, UTC.</summary>
    [Required]
    public string Reindex { get; init; } = "0 40 4 1 * ?";

    /// <summary><see cref="Reindex"/> in words.</summary>
    [Required]
    public string ReindexText { get; init; } = "on the 1st of each month at 04:40 UTC";

    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan History { get; init; } = TimeSpan.FromHours(6);

    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StagingSweep { get; init; } = TimeSpan.FromMinutes(5);

    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan JobRunsCleanup { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>One line of the schedule.</summary>
abstract record Job(string Name, string Description)
{
    /// <summary>Interval, or null for <see cref="Cron"/>.</summary>
    public TimeSpan? Every { get; init; }

    public string? Cron { get; init; }

    public string? CronText { get; init; }

    /// <summary>Runs once when a worker starts, too.</summary>
    public bool AtStart { get; init; }

    public JobKey Key => new(Name);

    public TriggerKey Trigger => new(Name);

    /// <summary>When, for people.</summary>
    public string When => (Every is { } every ? $"every {Words(every)}" : CronText) + (AtStart ? " and at start" : "");

    public abstract void Register(IQuartzBuilder quartz);

    static string Words(TimeSpan time) => time switch
    {
        { TotalHours: 1 } => "hour",
        { TotalMinutes: 1 } => "minute",
        { TotalMinutes: < 1 } => $"{time.TotalSeconds:0.#} s",
        { TotalHours: < 1 } => $"{time.TotalMinutes:0.#} min",
        _ => $"{time.TotalHours:0.#} h",
    };
}

/// <summary>A line of the schedule with its class.</summary>
sealed record Job<T>(string Name, string Description) : Job(Name, Description) where T : IJob
{
    public override void Register(IQuartzBuilder quartz)
    {
        quartz.AddJob<T>(job => job.WithIdentity(Key).WithDescription(Description).StoreDurably());
        quartz.AddTrigger(trigger =>
        {
            trigger.WithIdentity(Trigger).ForJob(Key);

            // A tick that was missed is not made up for: the next one sees the same. A day's work is.
            if (Every is { } every) trigger.WithSchedule(SimpleScheduleBuilder.Create().WithInterval(every).RepeatForever().WithMisfireInstruction(SimpleTriggerMisfireInstruction.NextWithExistingCount));
            else trigger.WithSchedule(CronScheduleBuilder.Create(Cron!).InTimeZone(TimeZoneInfo.Utc).WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed));
        });
        if (AtStart) quartz.RunAtStartup(Key);
    }
}
