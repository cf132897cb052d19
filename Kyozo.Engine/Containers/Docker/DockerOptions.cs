using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>How the Docker engine is reached (configuration section <c>Docker</c>).</summary>
public sealed class DockerOptions
{
    public const string Section = "Docker";

    /// <summary><c>unix:///path</c>, <c>tcp://host:port</c> or <c>npipe://…</c>; empty: DOCKER_HOST, else the engine's own socket.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>Time limit of an ordinary call; what takes longer by nature has its own.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Time limit of a pull or an import.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan TransferTimeout { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>A disk measurement walks files: it is repeated only after this time.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DiskUsageAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The endpoint these options, the environment or the platform give.</summary>
    public Uri ResolveEndpoint()
    {
        var named = Endpoint is { Length: > 0 } ? Endpoint : Environment.GetEnvironmentVariable("DOCKER_HOST");
        if (!string.IsNullOrWhiteSpace(named)) return new(named);
        return new(OperatingSystem.IsWindows() ? "npipe://./pipe/docker_engine" : "unix:///var/run/docker.sock");
    }
}

[OptionsValidator]
sealed partial class DockerOptionsValidator : IValidateOptions<DockerOptions>;
