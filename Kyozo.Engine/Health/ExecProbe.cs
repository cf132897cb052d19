using System.Collections.Concurrent;
using Kyozo.Data.Health;
using Kyozo.Engine.Containers;

namespace Kyozo.Engine.Health;

/// <summary>Runs a command inside the container, without a shell; it must end with 0. One at a time per container: what hangs must not pile up (SAFETY A-39).</summary>
public sealed class ExecProbe(IContainerRuntime runtime) : IProbe
{
    readonly ConcurrentDictionary<string, byte> _running = new();

    /// <inheritdoc/>
    public CheckType Type => CheckType.Exec;

    /// <summary>The runtime ends the command at the check's own limit; this is for the killing.</summary>
    public TimeSpan Grace => TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<ProbeAnswer> AskAsync(HealthCheckConfig check, ProbeTarget target, CancellationToken cancellationToken)
    {
        if (check.Command.Count == 0) throw new ProbeSetupException("An exec check names a command.");
        if (!_running.TryAdd(target.ContainerId, 0)) return new(CheckStatus.Unknown, "The check before this one is still running.");
        try
        {
            var result = await runtime.ExecAsync(target.ContainerId, check.Command, check.Timeout, cancellationToken);
            if (result.TimedOut) return new(CheckStatus.TimedOut, $"{check.Command[0]} did not end within {check.Timeout.TotalSeconds:0.#} s and was ended.");
            return result.ExitCode == 0 ? ProbeAnswer.Healthy : ProbeAnswer.Unhealthy($"{check.Command[0]} ended with {result.ExitCode}: {result.Output.Trim()}");
        }
        finally
        {
            _running.TryRemove(target.ContainerId, out _);
        }
    }
}
