using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Containers;

/// <summary>What services may reach of this machine (configuration section <c>Kyozo:WorkspaceNetworks</c>).</summary>
public sealed class WorkspaceNetworkOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string Section = "Kyozo:WorkspaceNetworks";

    /// <summary>TCP ports of this machine that services of every workspace may reach, 1..65535: a database that runs beside Kyozo. None by default.</summary>
    public IList<int> HostPorts { get; } = [];

    /// <summary>Time after which the rules are set again, 1 s..1 h: a firewall that is loaded anew forgets them.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(2);
}

sealed class WorkspaceNetworkOptionsValidator : IValidateOptions<WorkspaceNetworkOptions>
{
    public ValidateOptionsResult Validate(string? name, WorkspaceNetworkOptions options)
    {
        var errors = options.HostPorts.Where(port => port is < 1 or > 65_535).Select(port => $"{WorkspaceNetworkOptions.Section}:{nameof(options.HostPorts)}: {port} is not a port; it may be 1 to 65535.").ToList();
        if (options.Interval < TimeSpan.FromSeconds(1) || options.Interval > TimeSpan.FromHours(1)) errors.Add($"{WorkspaceNetworkOptions.Section}:{nameof(options.Interval)} is {options.Interval}; it may be 00:00:01 to 01:00:00.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
