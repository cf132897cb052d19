using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Deployments;

/// <summary>How deployments are carried out (configuration section <c>Kyozo:Deployments</c>).</summary>
public sealed class DeploymentOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string Section = "Kyozo:Deployments";

    /// <summary>How long a worker may be silent before another takes its deployment, 1 s..10 min.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Time between two looks at the queue when no hint comes, 50 ms..1 min.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Deployments (of different workspaces) that one worker carries out at once, 1..32.</summary>
    public int Parallel { get; set; } = 4;

    /// <summary>Images that one deployment makes at once, 1..32.</summary>
    public int ParallelBuilds { get; set; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>Time a new container has to become healthy, 1 s..1 h.</summary>
    public TimeSpan HealthTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Time between two probes of a new container, 10 ms..10 s.</summary>
    public TimeSpan ProbeInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Time a container without a check of its own must have run to count as up, 0..10 min.</summary>
    public TimeSpan MinimumUptime { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>Restarts after which a new container is given up before its time, 1..100.</summary>
    public int RestartsAllowed { get; set; } = 3;

    /// <summary>Time between taking old containers out of service and stopping them, 0..10 min: requests under way end.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Time between SIGTERM and SIGKILL, 0..10 min.</summary>
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Hard limit of a whole deployment, 1 min..24 h; nothing is "in progress" for ever (SAFETY F-30).</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Releases kept for each workspace, 1..1000.</summary>
    public int KeepReleases { get; set; } = 50;
}

/// <summary>Ports that Kyozo may use (configuration section <c>Kyozo:Ports</c>).</summary>
public sealed class PortOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string Section = "Kyozo:Ports";

    /// <summary>First port of the gateway's addresses.</summary>
    public int GatewayFirst { get; set; } = 20000;

    /// <summary>Last port of the gateway's addresses.</summary>
    public int GatewayLast { get; set; } = 20999;

    /// <summary>First port of containers on 127.0.0.1.</summary>
    public int ContainerFirst { get; set; } = 21000;

    /// <summary>Last port of containers on 127.0.0.1.</summary>
    public int ContainerLast { get; set; } = 29999;
}

sealed class DeploymentOptionsValidator : IValidateOptions<DeploymentOptions>
{
    public ValidateOptionsResult Validate(string? name, DeploymentOptions options)
    {
        var errors = new List<string>();
        void Between(string key, TimeSpan value, TimeSpan least, TimeSpan most)
        {
            if (value < least || value > most) errors.Add($"{DeploymentOptions.Section}:{key} is {value}; it may be {least} to {most}.");
        }

        void Count(string key, int value, int most)
        {
            if (value < 1 || value > most) errors.Add($"{DeploymentOptions.Section}:{key} is {value}; it may be 1 to {most}.");
        }

        var minutes = TimeSpan.FromMinutes(10);
        Between(nameof(options.Lease), options.Lease, TimeSpan.FromSeconds(1), minutes);
        Between(nameof(options.PollInterval), options.PollInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
        Between(nameof(options.HealthTimeout), options.HealthTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Between(nameof(options.ProbeInterval), options.ProbeInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10));
        Between(nameof(options.MinimumUptime), options.MinimumUptime, TimeSpan.Zero, minutes);
        Between(nameof(options.Drain), options.Drain, TimeSpan.Zero, minutes);
        Between(nameof(options.StopGrace), options.StopGrace, TimeSpan.Zero, minutes);
        Between(nameof(options.Deadline), options.Deadline, TimeSpan.FromMinutes(1), TimeSpan.FromHours(24));
        Count(nameof(options.Parallel), options.Parallel, 32);
        Count(nameof(options.ParallelBuilds), options.ParallelBuilds, 32);
        Count(nameof(options.RestartsAllowed), options.RestartsAllowed, 100);
        Count(nameof(options.KeepReleases), options.KeepReleases, 1000);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}

sealed class PortOptionsValidator : IValidateOptions<PortOptions>
{
    public ValidateOptionsResult Validate(string? name, PortOptions options)
    {
        var errors = new List<string>();
        Range("Gateway", options.GatewayFirst, options.GatewayLast);
        Range("Container", options.ContainerFirst, options.ContainerLast);
        if (options.GatewayFirst <= options.ContainerLast && options.ContainerFirst <= options.GatewayLast)
            errors.Add($"{PortOptions.Section}: the gateway's ports and the containers' ports overlap; take for instance 20000-20999 and 21000-29999.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);

        void Range(string key, int first, int last)
        {
            if (first < 1024 || last > 65535 || first > last)
                errors.Add($"{PortOptions.Section}:{key}First..{key}Last is {first}..{last}; it must lie within 1024..65535.");
        }
    }
}
