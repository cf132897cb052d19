using System.Text.RegularExpressions;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Manifest;

/// <summary>A health check as it is stated.</summary>
sealed class ManifestCheck
{
    public CheckType? Type { get; set; }
    public string? Path { get; set; }
    public int? Port { get; set; }
    public IReadOnlyList<string> Command { get; set; } = [];
    public TimeSpan? Interval { get; set; }
    public TimeSpan? Timeout { get; set; }
    public int? Failures { get; set; }
}

/// <summary>Reads the parts of <c>kyozo.yaml</c> that are more than one value.</summary>
static partial class ManifestParts
{
    const int MaxServices = 1000, MaxVariables = 200, MaxVolumes = 20;

    public static void Services(KyozoManifest into, YamlNode value, ManifestReader reader)
    {
        foreach (var (name, line, node) in reader.Map(value, MaxServices))
        {
            if (!Name().IsMatch(name))
            {
                reader.Refuse(line, $"'{name}' cannot be the name of a service: lower-case letters, digits and '-', at most 63; for example '{Slug.Of(name)}'.");
                continue;
            }
            var service = new ManifestService { Name = name, Line = line };
            if (!reader.IsEmpty(node)) reader.Keys(service, node, ManifestKeys.ServiceKeys, $"service {name}");
            if (service.Image is not null && (service.Dockerfile is not null || service.Build is not null)) reader.Refuse(line, $"Service {name} names an image and how it is built: keep one of them.");
            if (service.Image is not null && service.Path is not null) reader.Refuse(line, $"Service {name} names an image and a folder: a ready image has none.");
            into.Services.Add(service);
        }
    }

    public static void Ignore(KyozoManifest into, YamlNode value, ManifestReader reader)
    {
        foreach (var item in value.Items)
        {
            if (item.Scalar is { } text && Paths.Resolve(".", text) is { } path) into.Ignored.Add((path, item.Line));
            else reader.Refuse(item.Line, "Each entry of ignore is a folder inside this one, or the name of a service.");
        }
        if (value.List is null) reader.Refuse(value.Line, "ignore is a list: one line with '- ' for each folder.");
    }

    public static void Health(ManifestService into, YamlNode value, ManifestReader reader)
    {
        if (value.Scalar is not null)
        {
            reader.Absolute(value, path => into.HealthPath = path);
            return;
        }
        var check = new ManifestCheck();
        reader.Keys(check, value, ManifestKeys.CheckKeys, $"health of {into.Name}");
        var type = check.Type ?? (check.Path is not null ? CheckType.Http : check.Command.Count > 0 ? CheckType.Exec : CheckType.Tcp);
        if (type is CheckType.Exec && check.Command.Count == 0) reader.Refuse(value.Line, $"The exec check of {into.Name} needs a command.");
        var usual = new HealthCheckConfig { Type = type };
        into.HealthPath = type is CheckType.Http ? check.Path ?? "/" : null;
        into.Check = usual with
        {
            Path = into.HealthPath,
            Port = check.Port,
            Command = type is CheckType.Exec ? check.Command : [],
            Interval = check.Interval ?? usual.Interval,
            Timeout = check.Timeout ?? usual.Timeout,
            FailureThreshold = check.Failures ?? usual.FailureThreshold,
        };
    }

    public static void Environment(ManifestService into, YamlNode value, ManifestReader reader)
    {
        foreach (var (name, line, node) in reader.Map(value, MaxVariables))
        {
            if (!Variables.IsName(name)) reader.Refuse(line, $"'{name}' is no name of a variable: letters, digits and '_', not a digit first.");
            else if (node.Scalar is not { } text) reader.Refuse(line, $"The value of {name} is one line of text, or nothing.");
            else if (text.Length > 4096 || text.Contains('\0', StringComparison.Ordinal)) reader.Refuse(line, $"The value of {name} is longer than 4096 characters or holds a NUL.");
            else if (text.Length > 0 && (Variables.IsSecret(name) || StatedVariables.HoldsAccount(text))) reader.Refuse(line, $"{name} looks like a secret. Leave its value empty here and set it in the settings of {into.Name}: secrets do not belong into files of the folder.");
            else into.Environment[name] = text is "" or "~" or "null" ? null : text;
        }
    }

    public static void Dependencies(ManifestService into, YamlNode value, ManifestReader reader)
    {
        foreach (var (name, line, node) in reader.Map(value, MaxServices))
        {
            var dependency = new ManifestDependency { To = name, Line = line };
            if (node.Scalar is { Length: > 0 } and not "~" and not "null") reader.Word<Data.Topology.DependencyType>(node, type => dependency.Type = type);
            else if (!reader.IsEmpty(node)) reader.Keys(dependency, node, ManifestKeys.DependencyKeys, $"dependency of {into.Name} on {name}");
            if (name == into.Name) reader.Refuse(line, $"{name} cannot depend on itself.");
            else into.Dependencies.Add(dependency);
        }
    }

    public static void Limits(ManifestService into, YamlNode value, ManifestReader reader)
    {
        var limits = new Dictionary<string, string>();
        reader.Keys(limits, value, ManifestKeys.LimitKeys, $"limits of {into.Name}");
        double? cpu = null;
        long? memory = null, storage = null, pids = null;
        reader.Limit(limits, "cpu", value, text => ManifestValues.Number(text) is >= 0.05 and <= 64 and var cores && (cpu = cores) > 0, "0.05 to 64 cores");
        reader.Limit(limits, "memory", value, text => ManifestValues.Size(text) is >= 16L << 20 and <= 1L << 40 and var bytes && (memory = bytes) > 0, "16Mi to 1Ti");
        reader.Limit(limits, "storage", value, text => ManifestValues.Size(text) is >= 1L << 20 and <= 1L << 50 and var bytes && (storage = bytes) > 0, "1Mi or more");
        reader.Limit(limits, "pids", value, text => ManifestValues.Number(text) is >= 16 and <= 32768 and var count && (pids = (long)count) > 0, "16 to 32768");
        into.Limits = new ResourceLimits { CpuCores = cpu, MemoryBytes = memory, StorageBytes = storage, Pids = (int?)pids };
    }

    public static void Volumes(ManifestService into, YamlNode value, ManifestReader reader)
    {
        foreach (var (name, line, node) in reader.Map(value, MaxVolumes))
        {
            if (!VolumeName().IsMatch(name)) reader.Refuse(line, $"'{name}' cannot be the name of a volume: lower-case letters, digits and '-', at most 32. Folders of the host cannot be mounted.");
            else if (node.Scalar is not { } path || !ManifestValues.IsMountPoint(path)) reader.Refuse(line, $"The volume {name} needs an absolute path in the container, and not one of the system (/proc, /sys, /dev, /run, /etc).");
            else into.Volumes.Add(new(name, path.TrimEnd('/')));
        }
    }

    [GeneratedRegex(ManifestKeys.ServiceName)]
    private static partial Regex Name();

    [GeneratedRegex(ManifestKeys.VolumeName)]
    private static partial Regex VolumeName();
}
