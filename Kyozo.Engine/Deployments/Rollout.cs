using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;

namespace Kyozo.Engine.Deployments;

/// <summary>One service on its way from what runs to what is wanted.</summary>
sealed class Rollout
{
    public required PlannedService Plan { get; init; }
    public required ServiceInstance Service { get; init; }
    /// <summary>Its containers that were recorded before the deployment touched it.</summary>
    public required IReadOnlyList<ServiceContainer> Before { get; init; }
    /// <summary>Steps by kind.</summary>
    public required IReadOnlyDictionary<StepKind, DeploymentStep> Steps { get; init; }

    public string ImageId { get; set; } = "";
    public string ContentHash { get; set; } = "";
    public ContainerBlueprint? Blueprint { get; set; }
    public string SpecHash { get; set; } = "";
    public RolloutChoice Choice { get; set; } = new([], [], [], []);

    /// <summary>Made by this deployment.</summary>
    public List<ServiceContainer> Fresh { get; } = [];
    /// <summary>Started again by this deployment.</summary>
    public List<ServiceContainer> Woken { get; } = [];
    /// <summary>Stopped by this deployment before the new ones started.</summary>
    public List<ServiceContainer> StoppedFirst { get; } = [];

    public string Name => Plan.Name;
    public bool StopsFirst => DeploymentPlanner.StopsFirst(Service);
    public DeploymentStep? Step(StepKind kind) => Steps.GetValueOrDefault(kind);
}

/// <summary>A step of a deployment failed, in words for everybody who may see the deployment (no log lines: those need <c>view_logs</c>).</summary>
sealed class StepFailedException(Rollout service, StepKind step, string message, Exception? inner = null) : Exception(message, inner)
{
    public Rollout Service { get; } = service;
    public StepKind Step { get; } = step;
}
