using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;

namespace Kyozo.Engine.Deployments;

/// <summary>Everything the planner looks at: read beforehand, so that planning itself does no I/O.</summary>
public sealed record PlanningFacts
{
    /// <summary>What is done.</summary>
    public required DeploymentKind Kind { get; init; }

    /// <summary>What was asked.</summary>
    public required DeploymentRequest Request { get; init; }

    /// <summary>Name of the workspace when containers are switched off for it (<c>container_enabled</c>), else null.</summary>
    public string? SwitchedOff { get; init; }

    /// <summary>Every live service of the workspace.</summary>
    public required IReadOnlyList<ServiceFacts> Services { get; init; }

    /// <summary>The edges between them.</summary>
    public required IReadOnlyList<ServiceEdge> Edges { get; init; }

    /// <summary>The release a rollback goes to, or null when it is not there (or this is none).</summary>
    public Release? Target { get; init; }
}

/// <summary>One service: what is wanted and what is.</summary>
public sealed record ServiceFacts
{
    /// <summary>Its row.</summary>
    public required ServiceInstance Service { get; init; }

    /// <summary>Its recorded containers that are not removed.</summary>
    public IReadOnlyList<ServiceContainer> Containers { get; init; } = [];

    /// <summary>Hash of what its running image was made from, or null when it was never deployed.</summary>
    public string? DeployedContent { get; init; }

    /// <summary>Hash of what an image made now would be made from, or null when it cannot be known before the build.</summary>
    public string? WantedContent { get; init; }

    /// <summary>Hash of the container specification that is wanted now, with the image that runs; null without one.</summary>
    public string? WantedSpec { get; init; }

    /// <summary>Why it cannot be built or run at all, in one sentence, or null.</summary>
    public string? Obstacle { get; init; }

    /// <summary>Containers that serve or could at once.</summary>
    public IEnumerable<ServiceContainer> Current => Containers.Where(c => c.InService);

    /// <summary>How many of them run.</summary>
    public int Running => Current.Count(c => c.Status is ContainerStatus.Running);
}
