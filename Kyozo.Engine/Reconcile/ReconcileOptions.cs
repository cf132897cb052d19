using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Reconcile;

/// <summary>How what is wanted is compared with what is (configuration section <c>Kyozo:Reconcile</c>).</summary>
public sealed class ReconcileOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string Section = "Kyozo:Reconcile";

    /// <summary>Longest time between two full looks at the engine, 1 s..60 s; its events make them come sooner.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Shortest time between two looks, 50 ms..10 s: a storm of events is one change.</summary>
    public TimeSpan Pause { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Time between seeing a container down and starting it again, 0..1 min; doubles with every attempt. People see it down meanwhile, and an engine that is restarting it itself is not overtaken.</summary>
    public TimeSpan RepairDelay { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>Longest time between two attempts, 1 s..1 h.</summary>
    public TimeSpan LongestRepairDelay { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time a container must run to count as calm, 1 s..1 h; restarts before that add up to a crash loop.</summary>
    public TimeSpan Calm { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Restarts without a calm time between that make a crash loop, 2..100.</summary>
    public int CrashLoopRestarts { get; set; } = 3;

    /// <summary>Containers repaired at once, 1..32: an engine that comes back is not stormed.</summary>
    public int Parallel { get; set; } = 4;
}

sealed class ReconcileOptionsValidator : IValidateOptions<ReconcileOptions>
{
    public ValidateOptionsResult Validate(string? name, ReconcileOptions options)
    {
        var errors = new List<string>();
        void Between(string key, TimeSpan value, double least, double most)
        {
            if (value.TotalSeconds < least || value.TotalSeconds > most)
                errors.Add($"{ReconcileOptions.Section}:{key} is {value}; it may be {TimeSpan.FromSeconds(least)} to {TimeSpan.FromSeconds(most)}.");
        }

        Between(nameof(options.Interval), options.Interval, 0.1, 60);
        Between(nameof(options.Pause), options.Pause, 0.05, 10);
        Between(nameof(options.RepairDelay), options.RepairDelay, 0, 60);
        Between(nameof(options.LongestRepairDelay), options.LongestRepairDelay, 1, 3600);
        Between(nameof(options.Calm), options.Calm, 1, 3600);
        if (options.CrashLoopRestarts is < 2 or > 100) errors.Add($"{ReconcileOptions.Section}:CrashLoopRestarts is {options.CrashLoopRestarts}; it may be 2 to 100.");
        if (options.Parallel is < 1 or > 32) errors.Add($"{ReconcileOptions.Section}:Parallel is {options.Parallel}; it may be 1 to 32.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
