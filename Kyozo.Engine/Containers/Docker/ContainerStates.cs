using System.Globalization;
using System.Text.RegularExpressions;
using Docker.DotNet.Models;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>The engine's answers as <see cref="ContainerState"/>. Pure.</summary>
static partial class ContainerStates
{
    public static ContainerState From(ContainerInspectResponse container)
    {
        var state = container.State ?? throw new EngineRefusedException($"The engine says nothing of the state of {container.ID}.");
        var phase = PhaseOf(state.Status);
        return new()
        {
            Id = container.ID,
            Name = container.Name.TrimStart('/'),
            ImageId = container.Image,
            Labels = Labels(container.Config?.Labels),
            Phase = phase,
            ExitCode = phase is ContainerPhase.Exited or ContainerPhase.Dead or ContainerPhase.Restarting ? (int)state.ExitCode : null,
            OutOfMemory = state.OOMKilled,
            Error = string.IsNullOrWhiteSpace(state.Error) ? null : state.Error,
            RestartCount = (int)container.RestartCount,
            StartedAt = Moment(state.StartedAt),
            FinishedAt = phase is ContainerPhase.Running or ContainerPhase.Paused ? null : Moment(state.FinishedAt),
            Healthy = HealthOf(state.Health?.Status),
            HostPorts = HostPorts(container.HostConfig?.PortBindings),
            Address = container.NetworkSettings?.Networks?.Values.Select(network => network.IPAddress).FirstOrDefault(address => !string.IsNullOrEmpty(address)),
        };
    }

    public static ContainerState From(ContainerListResponse container)
    {
        var phase = PhaseOf(container.State);
        var exit = ExitStatus().Match(container.Status ?? "");
        return new()
        {
            Id = container.ID,
            Name = container.Names is [var name, ..] ? name.TrimStart('/') : container.ID,
            ImageId = container.ImageID,
            Labels = Labels(container.Labels),
            Phase = phase,
            ExitCode = exit.Success ? int.Parse(exit.Groups["code"].ValueSpan, CultureInfo.InvariantCulture) : null,
            Healthy = HealthStatus().Match(container.Status ?? "") is { Success: true } health ? HealthOf(health.Groups["health"].Value) : null,
            HostPorts = (container.Ports ?? []).Where(port => port.PublicPort is > 0).GroupBy(port => (int)port.PrivatePort)
                .ToDictionary(port => port.Key, port => (int)port.First().PublicPort!.Value),
            Address = container.NetworkSettings?.Networks?.Values.Select(network => network.IPAddress).FirstOrDefault(address => !string.IsNullOrEmpty(address)),
        };
    }

    static ContainerPhase PhaseOf(string state) => state switch
    {
        "created" => ContainerPhase.Created,
        "running" => ContainerPhase.Running,
        "paused" => ContainerPhase.Paused,
        "restarting" => ContainerPhase.Restarting,
        "exited" => ContainerPhase.Exited,
        _ => ContainerPhase.Dead,
    };

    /// <summary>A check that has not answered yet (<c>starting</c>) is no health.</summary>
    static bool? HealthOf(string? status) => status switch { "healthy" => true, "unhealthy" or "starting" => false, _ => null };

    static Dictionary<int, int> HostPorts(IDictionary<string, IList<PortBinding>>? bindings)
    {
        var ports = new Dictionary<int, int>();
        foreach (var (key, bound) in bindings ?? new Dictionary<string, IList<PortBinding>>())
        {
            if (bound is [{ HostPort: var host }, ..] && int.TryParse(host, CultureInfo.InvariantCulture, out var hostPort)
                && int.TryParse(key.Split('/')[0], CultureInfo.InvariantCulture, out var containerPort))
            {
                ports[containerPort] = hostPort;
            }
        }

        return ports;
    }

    static Dictionary<string, string> Labels(IDictionary<string, string>? labels) => labels is null ? [] : new(labels);

    /// <summary>The engine writes year 1 for never.</summary>
    static DateTimeOffset? Moment(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at.Year > 1 ? at.ToUniversalTime() : null;

    [GeneratedRegex(@"^(?:Exited|Restarting) \((?<code>\d+)\)")]
    private static partial Regex ExitStatus();

    // Up 3 seconds (healthy) · Up 1 second (health: starting)
    [GeneratedRegex(@"\((?:health: )?(?<health>healthy|unhealthy|starting)\)$")]
    private static partial Regex HealthStatus();
}
