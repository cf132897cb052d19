using System.Text.RegularExpressions;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Manifest;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Compose;

/// <summary>Takes over how a compose service is to be run: replicas, limits, health check, named volumes. What Kyozo has nothing for is told, with the reason.</summary>
static partial class ComposeStated
{
    const int MaxVolumes = 20;

    /// <summary>Keys that say something which Kyozo does in no way, or in its own; the others are either taken over or change nothing.</summary>
    static readonly (string Key, string Reason)[] NotTaken =
    [
        ("entrypoint", "the entry point of the image stays; put it into the Dockerfile"),
        ("user", "the user comes from the image; a generated Dockerfile never runs as root"),
        ("working_dir", "the working folder comes from the image"),
        ("secrets", "secrets are set in the service's settings"),
        ("configs", "put the files into the image"),
        ("tmpfs", "no temporary file systems beyond /tmp"),
        ("shm_size", "the engine's shared memory size stays"),
        ("ulimits", "Kyozo's own limits hold"),
        ("read_only", "whether the image's files can be written is Kyozo's choice"),
        ("dns", "the workspace's network resolves names"),
        ("dns_search", "the workspace's network resolves names"),
        ("extra_hosts", "services reach each other by name"),
        ("stop_signal", "the image's signal stays"),
        ("stop_grace_period", "the workspace's grace period holds"),
        ("profiles", "every service is offered; leave out what should not run"),
        ("gpus", "no devices of the host"),
        ("runtime", "the engine's own runtime holds"),
        ("group_add", "the image's groups hold"),
        ("volumes_from", "each service has volumes of its own"),
        ("external_links", "only services of this workspace"),
        ("credential_spec", "not on Linux"),
        ("mem_reservation", "limits are kept, nothing is reserved"),
        ("provider", "no programs of the host are run"),
        ("post_start", "nothing is run beside the service"),
        ("pre_stop", "nothing is run beside the service"),
    ];

    static readonly string[] DeployKeys = ["replicas", "resources", "mode", "labels", "restart_policy", "update_config", "rollback_config"];

    /// <summary>Reads what is stated, over what an extended service or an earlier file stated.</summary>
    /// <param name="node">The service.</param>
    /// <param name="before">What is known of it.</param>
    /// <param name="fill">Compose's interpolation.</param>
    /// <param name="note">Told of each key that is not taken over, with the reason.</param>
    public static StatedConfig Read(YamlNode node, StatedConfig before, Func<string, string> fill, Action<string, string> note)
    {
        foreach (var (key, reason) in NotTaken)
        {
            if (node[key] is { } value && value.Scalar is not ("false" or "")) note(key, "not taken over: " + reason);
        }
        foreach (var (key, _, _) in node["deploy"]?.Entries ?? [])
        {
            if (!DeployKeys.Contains(key)) note($"deploy.{key}", "not taken over: one engine places every container");
        }

        string? Text(YamlNode? value) => value?.Scalar is { } text ? fill(text).Trim() : null;

        var limits = node["deploy"]?["resources"]?["limits"];
        var cpu = Number(Text(limits?["cpus"]) ?? Text(node["cpus"]), 0.05, 64, "cpus", note);
        var memory = Size(Text(limits?["memory"]) ?? Text(node["mem_limit"]), "memory", note);
        var pids = Number(Text(limits?["pids"]) ?? Text(node["pids_limit"]), 16, 32768, "pids", note);
        var replicas = Number(Text(node["deploy"]?["replicas"]) ?? Text(node["scale"]), 0, 100, "replicas", note);
        var any = cpu is not null || memory is not null || pids is not null;
        var known = before.Limits ?? new();
        return before with
        {
            Replicas = (int?)replicas ?? before.Replicas,
            Limits = any ? known with { CpuCores = cpu ?? known.CpuCores, MemoryBytes = memory ?? known.MemoryBytes, Pids = (int?)pids ?? known.Pids } : before.Limits,
            HealthChecks = node["healthcheck"] is { } check ? Check(check, fill, note) : before.HealthChecks,
            Volumes = [.. before.Volumes.Concat(Volumes(node, fill, note)).DistinctBy(volume => volume.Path).DistinctBy(volume => volume.Name).Take(MaxVolumes)],
        };
    }

    static double? Number(string? text, double least, double most, string key, Action<string, string> note)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (ManifestValues.Number(text) is { } number && number >= least && number <= most) return number;
        note(key, FormattableString.Invariant($"not taken over: '{text}' is no number from {least} to {most}"));
        return null;
    }

    static long? Size(string? text, string key, Action<string, string> note)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (ManifestValues.Size(text) is >= 16L << 20 and <= 1L << 40 and var bytes) return bytes;
        note(key, $"not taken over: '{text}' is no size from 16m to 1t");
        return null;
    }

    static IReadOnlyList<HealthCheckConfig> Check(YamlNode check, Func<string, string> fill, Action<string, string> note)
    {
        var words = (check["test"]?.Words ?? []).Select(fill).ToList();
        if (check["disable"]?.Scalar == "true" || words is ["NONE"]) return [new() { Type = CheckType.Docker }];
        if (words.Count == 0) return [];
        var usual = new HealthCheckConfig { Type = CheckType.Exec };
        var timing = usual with
        {
            Interval = Time(check["interval"], fill, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)) ?? usual.Interval,
            Timeout = Time(check["timeout"], fill, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)) ?? usual.Timeout,
            FailureThreshold = int.TryParse(check["retries"]?.Scalar, out var retries) && retries is >= 1 and <= 20 ? retries : usual.FailureThreshold,
        };
        if (Address().Match(string.Join(' ', words)) is { Success: true } address)
            return [timing with { Type = CheckType.Http, Port = int.TryParse(address.Groups["port"].Value, out var port) && port is > 0 and < 65536 ? port : null, Path = address.Groups["path"].Value is { Length: > 0 } path ? path : "/" }];
        if (words[0] == "CMD" && words.Count > 1) return [timing with { Command = words[1..] }];
        // One program with plain arguments needs no shell; anything else does.
        var line = words[0] == "CMD-SHELL" ? string.Join(' ', words[1..]) : string.Join(' ', words);
        var plain = ExitCode().Replace(line, "");
        if (plain.Length > 0 && PlainCommand().IsMatch(plain)) return [timing with { Command = plain.Split(' ', StringSplitOptions.RemoveEmptyEntries) }];
        note("healthcheck", "not taken over: it needs a shell; Kyozo checks the port, or what the service's settings say");
        return [];
    }

    static TimeSpan? Time(YamlNode? node, Func<string, string> fill, TimeSpan least, TimeSpan most) =>
        node?.Scalar is { } text && ManifestValues.Duration(fill(text)) is { } time ? TimeSpan.FromTicks(Math.Clamp(time.Ticks, least.Ticks, most.Ticks)) : null;

    static IEnumerable<VolumeMount> Volumes(YamlNode node, Func<string, string> fill, Action<string, string> note)
    {
        foreach (var item in node["volumes"]?.Items ?? [])
        {
            var parts = item.Scalar is { } text ? fill(text).Split(':') : null;
            var (source, target) = parts switch
            {
                [var only] => ("", only),
                [var from, var to, ..] => (from, to),
                _ => (fill(item["source"]?.Scalar ?? ""), fill(item["target"]?.Scalar ?? "")),
            };
            if (item["type"]?.Scalar is "tmpfs" or "npipe" or "cluster" or "image") note($"volumes[{target}]", "not taken over: only named volumes");
            // What reaches beyond the folder is told as not allowed elsewhere.
            else if (source.StartsWith('/') || source.StartsWith('~') || source.Contains("..", StringComparison.Ordinal)) continue;
            else if (source.StartsWith('.') || item["type"]?.Scalar == "bind") note($"volumes[{source}]", "not taken over: a folder is not mounted; its files become part of the image");
            else if (!ManifestValues.IsMountPoint(target)) note($"volumes[{target}]", "not taken over: no place for a volume");
            else yield return new(NameOf(source.Length > 0 ? source : target), target.TrimEnd('/'));
        }
    }

    static string NameOf(string text) => Slug.Of(text) is { Length: > 32 } name ? name[..32].TrimEnd('-') : Slug.Of(text);

    [GeneratedRegex(@"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::(?<port>\d+))?(?<path>/[\w/.-]*)?", RegexOptions.CultureInvariant)]
    private static partial Regex Address();

    [GeneratedRegex(@"\s*\|\|\s*exit(\s+1)?\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex ExitCode();

    [GeneratedRegex(@"^[\w./:=@,+ -]+$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainCommand();
}
