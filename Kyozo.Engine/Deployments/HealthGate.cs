using Kyozo.Data.Deployments;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Health;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Deployments;

/// <summary>Waits until a new container is well; only then may traffic go to it and what depends on it start.</summary>
public sealed class HealthGate(ProbeRunner probes, IContainerRuntime runtime, IOptions<DeploymentOptions> options, TimeProvider clock)
{
    static readonly HealthCheckConfig EngineSaysSo = new() { Type = CheckType.Docker };

    /// <summary>Returns null once every check has passed, else why it was given up.</summary>
    public async Task<string?> WaitAsync(ServiceInstance service, ServiceContainer container, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var waiting = service.DeploymentConfig.HealthChecks.Count > 0 ? service.DeploymentConfig.HealthChecks.ToList() : [EngineSaysSo];
        var uptime = waiting.TrueForAll(c => c.Type is CheckType.Docker) ? options.Value.MinimumUptime : TimeSpan.Zero;
        while (true)
        {
            var state = await runtime.FindContainerAsync(container.ContainerId!, cancellationToken);
            if (Lost(state) is { } loss) return loss;

            var target = new ProbeTarget
            {
                ContainerId = container.ContainerId!,
                HostPorts = container.HostPorts,
                Address = state!.Address,
                DefaultPort = service.PortMappings is [var first, ..] ? first.ContainerPort : null,
            };
            var results = await probes.RunAllAsync([.. waiting.Select(c => (c, target))], cancellationToken);
            var failed = results.FirstOrDefault(r => r.Status is not CheckStatus.Healthy);
            if (failed is null && clock.GetUtcNow() - state.StartedAt >= uptime && state.Phase is ContainerPhase.Running) return null;

            if (clock.GetElapsedTime(started) > options.Value.HealthTimeout)
                return $"not healthy within {options.Value.HealthTimeout.TotalSeconds:0} s: {failed?.Error ?? "it did not stay up"}";
            await Task.Delay(options.Value.ProbeInterval, clock, cancellationToken);
        }
    }

    string? Lost(ContainerState? state) => state switch
    {
        null => "its container is gone",
        { OutOfMemory: true, Phase: not ContainerPhase.Running } => "it used more memory than its limit",
        { Phase: ContainerPhase.Dead } => "its container is dead",
        _ when state.RestartCount >= options.Value.RestartsAllowed => $"it ended {state.RestartCount} times, last with exit code {state.ExitCode}",
        _ => null,
    };
}
