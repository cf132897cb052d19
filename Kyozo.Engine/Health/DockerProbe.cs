using Kyozo.Data.Health;
using Kyozo.Engine.Containers;

namespace Kyozo.Engine.Health;

/// <summary>Asks the engine: the container runs, and where its image has a HEALTHCHECK, that passes.</summary>
public sealed class DockerProbe(IContainerRuntime runtime) : IProbe
{
    /// <inheritdoc/>
    public CheckType Type => CheckType.Docker;

    /// <inheritdoc/>
    public async Task<ProbeAnswer> AskAsync(HealthCheckConfig check, ProbeTarget target, CancellationToken cancellationToken) =>
        Judge(await runtime.FindContainerAsync(target.ContainerId, cancellationToken));

    /// <summary>What the engine's word means.</summary>
    public static ProbeAnswer Judge(ContainerState? container) => container switch
    {
        null => ProbeAnswer.Unhealthy("The container is gone."),
        { Phase: ContainerPhase.Running, Healthy: false } => ProbeAnswer.Unhealthy("The image's own HEALTHCHECK fails."),
        { Phase: ContainerPhase.Running } => ProbeAnswer.Healthy,
        { OutOfMemory: true } => ProbeAnswer.Unhealthy("The container ran out of memory."),
        { Phase: ContainerPhase.Exited, ExitCode: { } code } => ProbeAnswer.Unhealthy($"The container ended with exit code {code}."),
        { Error: { Length: > 0 } error } => ProbeAnswer.Unhealthy($"The container is {container.Phase.ToString().ToLowerInvariant()}: {error}"),
        _ => ProbeAnswer.Unhealthy($"The container is {container.Phase.ToString().ToLowerInvariant()}."),
    };
}
