using System.Diagnostics;
using Kyozo.Cli.Commands;
using Kyozo.Cli.Supervision;
using Kyozo.Data;

namespace Kyozo.Cli.Installation;

/// <summary>The supervisor as the other commands see it: what it shall run, and whether it does.</summary>
sealed class SupervisorHandle(KyozoHome home, TimeProvider clock)
{
    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    readonly RunFiles _files = new(home);

    public bool IsRunning => _files.ReadLive() is not null;

    /// <summary>What it was last told to run.</summary>
    public IReadOnlyList<ProcessSpec> Wanted => _files.ReadWanted();

    /// <summary>What runs, or null without a supervisor.</summary>
    public RunState? State => _files.ReadLive();

    /// <summary>Makes these the processes that run, starting a supervisor when there is none; returns when it has ended what they replace.</summary>
    /// <exception cref="CommandException">The supervisor does not start.</exception>
    public async Task RunAsync(IReadOnlyList<ProcessSpec> processes, CancellationToken cancellationToken)
    {
        var replaced = Wanted.Aggregate(StartPatience, (sum, spec) => sum + spec.StopGrace);
        _files.WriteWanted(processes);
        if (!IsRunning) Start();

        // Before that, an answer could still come from a process that is about to be replaced.
        var version = _files.WantedVersion;
        await UntilAsync(() => State?.Followed == version, replaced, cancellationToken);
        if (State?.Followed != version) throw new CommandException($"The supervisor did not do what it was told within {replaced.TotalSeconds:0} s.");
    }

    /// <summary>Ends these processes, or all and the supervisor with them; returns when they are gone.</summary>
    public async Task EndAsync(Func<ProcessSpec, bool> whichStay, CancellationToken cancellationToken)
    {
        var stay = Wanted.Where(whichStay).ToList();
        if (IsRunning)
        {
            var patience = Wanted.Aggregate(TimeSpan.FromSeconds(10), (sum, spec) => sum + spec.StopGrace);
            _files.WriteWanted(stay);
            var names = stay.Select(spec => spec.Name).ToHashSet();
            await UntilAsync(() => State is not { } state || (stay.Count > 0 && state.Processes.All(process => names.Contains(process.Name))), patience, cancellationToken);
            return;
        }

        // The supervisor was killed: what it left behind is known by number and start time.
        var kept = stay.Select(spec => spec.Name).ToHashSet();
        foreach (var left in (_files.ReadState()?.Processes ?? []).Reverse())
        {
            if (left.Process is { } process && !kept.Contains(left.Name)) await ProcessEnd.OfAsync(process, StopSignal.Interrupt, TimeSpan.FromSeconds(30), clock);
        }

        _files.WriteWanted(stay);
    }

    // Its output goes nowhere: each process has a log of its own. The pipes are only there so that it does not hold the caller's.
    static void Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [SuperviseCommand.Name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ConnectionStrings__", StringComparison.OrdinalIgnoreCase)).ToList()) start.Environment.Remove(name);
        using var process = Process.Start(start);
    }

    async Task UntilAsync(Func<bool> condition, TimeSpan patience, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (!condition() && clock.GetElapsedTime(since) < patience) await Task.Delay(Pause, clock, cancellationToken);
    }
}
