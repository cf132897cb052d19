using Kyozo.Data.Health;
using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology.Manifest;

/// <summary>Every key that a <c>kyozo.yaml</c> may have. What is not here is refused, so nothing that reaches the host can be said.</summary>
static class ManifestKeys
{
    public const string ServiceName = "^[a-z0-9][a-z0-9-]{0,62}$";
    public const string VariableName = "^[A-Za-z_][A-Za-z0-9_]{0,127}$";
    public const string VolumeName = "^[a-z0-9][a-z0-9-]{0,31}$";
    public const string AbsolutePath = "^/[^\\u0000-\\u001f]*$";
    const string Duration = "^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$";
    const string Size = "^[0-9]+(\\.[0-9]+)?\\s*([kKmMgGtT]i?)?[bB]?$";
    const int MaxCommand = 2000, MaxPath = 1000;

    static readonly ManifestShape Command = ManifestShape.Text(MaxCommand), Path = ManifestShape.Text(MaxPath), Word = ManifestShape.Text(100);

    public static IReadOnlyList<ManifestKey<Dictionary<string, string>>> LimitKeys { get; } =
    [
        new("cpu", "Cores, 0.05 to 64.", ManifestShape.Number(0.05, 64), static (into, value, reader) => reader.Scalar(value, text => into["cpu"] = text)),
        new("memory", "Memory and swap together, 16Mi to 1Ti.", ManifestShape.Text(20, Size), static (into, value, reader) => reader.Scalar(value, text => into["memory"] = text)),
        new("storage", "Writable layer and volumes together.", ManifestShape.Text(20, Size), static (into, value, reader) => reader.Scalar(value, text => into["storage"] = text)),
        new("pids", "Processes and threads, 16 to 32768.", ManifestShape.Whole(16, 32768), static (into, value, reader) => reader.Scalar(value, text => into["pids"] = text)),
    ];

    public static IReadOnlyList<ManifestKey<ManifestCheck>> CheckKeys { get; } =
    [
        new("type", "How it is probed: http when there is a path, else tcp.", ManifestShape.OneOf(Words<CheckType>()), static (into, value, reader) => reader.Word<CheckType>(value, type => into.Type = type)),
        new("path", "Path that answers when it is well.", ManifestShape.Text(MaxPath, AbsolutePath), static (into, value, reader) => reader.Absolute(value, path => into.Path = path)),
        new("port", "Port in the container; the service's by default.", ManifestShape.Whole(1, 65535), static (into, value, reader) => reader.Whole(value, 1, 65535, port => into.Port = (int)port)),
        new("command", "Program and arguments, run in the container without a shell; 0 is well.", ManifestShape.ListOf(ManifestShape.Text(MaxCommand)), static (into, value, reader) => reader.Words(value, 50, words => into.Command = words)),
        new("interval", "Time between probes, 1s to 1h; 10s by default.", ManifestShape.Text(20, Duration), static (into, value, reader) => reader.Duration(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), time => into.Interval = time)),
        new("timeout", "Time an answer may take, 100ms to 1m; 5s by default.", ManifestShape.Text(20, Duration), static (into, value, reader) => reader.Duration(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), time => into.Timeout = time)),
        new("failures", "Failures in a row that make it unhealthy, 1 to 20; 3 by default.", ManifestShape.Whole(1, 20), static (into, value, reader) => reader.Whole(value, 1, 20, count => into.Failures = (int)count)),
    ];

    public static IReadOnlyList<ManifestKey<ManifestDependency>> DependencyKeys { get; } =
    [
        new("type", "requires: does not start without the other; optional: does; conflicts: never both.", ManifestShape.OneOf(Words<DependencyType>()), static (into, value, reader) => reader.Word<DependencyType>(value, type => into.Type = type)),
        new("variable", "Environment variable that is given the other's address.", ManifestShape.Text(128, VariableName), static (into, value, reader) => reader.Variable(value, name => into.Variable = name)),
        new("template", "How that address is written, with {host} {port} {user} {password} {database}.", ManifestShape.Text(1000), static (into, value, reader) => reader.Template(value, text => into.Template = text)),
    ];

    public static IReadOnlyList<ManifestKey<ManifestService>> ServiceKeys { get; } =
    [
        new("type", "What it is made of; found out when left out.", ManifestShape.OneOf(Words<ServiceType>()), static (into, value, reader) => reader.Word<ServiceType>(value, type => into.Type = type)),
        new("path", "Its folder, relative to this file; left out for a ready image.", Path, static (into, value, reader) => reader.Inside(value, path => into.Path = path)),
        new("framework", "Framework in lower case.", Word, static (into, value, reader) => reader.Line(value, 100, text => into.Framework = text)),
        new("version", "Version of language or server.", ManifestShape.Either(Word, ManifestShape.Number(0, 10000)), static (into, value, reader) => reader.Line(value, 100, text => into.Version = text)),
        new("packageManager", "npm, pnpm, pip, composer ...", Word, static (into, value, reader) => reader.Line(value, 100, text => into.PackageManager = text)),
        new("dockerfile", "Dockerfile of its own, relative to this file; one is made when left out.", Path, static (into, value, reader) => reader.Inside(value, path => into.Dockerfile = path)),
        new("image", "Ready image in place of a build.", ManifestShape.Text(255), static (into, value, reader) => reader.Image(value, image => into.Image = image)),
        new("install", "Command that installs its packages.", Command, static (into, value, reader) => reader.Line(value, MaxCommand, text => into.Install = text)),
        new("build", "Command that builds it.", Command, static (into, value, reader) => reader.Line(value, MaxCommand, text => into.Build = text)),
        new("start", "Command that starts it.", Command, static (into, value, reader) => reader.Line(value, MaxCommand, text => into.Start = text)),
        new("output", "Folder of built static files, relative to its folder: the service is those files.", Path, static (into, value, reader) => reader.Inside(value, path => into.Output = path)),
        new("port", "Port it listens on.", ManifestShape.Whole(1, 65535), static (into, value, reader) => reader.Whole(value, 1, 65535, port => into.Port = (int)port)),
        new("publish", "Whether the port gets an address at the gateway; true for programs, false for backing services by default.", ManifestShape.Flag, static (into, value, reader) => reader.Flag(value, yes => into.Publish = yes)),
        new("health", "Path that answers when it is well, or the whole check.", ManifestShape.Either(ManifestShape.Text(MaxPath, AbsolutePath), ManifestShape.Of(CheckKeys)), ManifestParts.Health),
        new("environment", "Variables with their values; without a value: needed, and set in the service's settings. Secrets have no value here.", ManifestShape.MapOf(VariableName, ManifestShape.Either(ManifestShape.Text(4096), ManifestShape.Number(-1e15, 1e15), ManifestShape.Flag, ManifestShape.Nothing)), ManifestParts.Environment),
        new("dependencies", "The services it uses, by name.", ManifestShape.MapOf(ServiceName, ManifestShape.Either(ManifestShape.Nothing, ManifestShape.OneOf(Words<DependencyType>()), ManifestShape.Of(DependencyKeys))), ManifestParts.Dependencies),
        new("replicas", "How many of it run, 0 to 100.", ManifestShape.Whole(0, 100), static (into, value, reader) => reader.Whole(value, 0, 100, count => into.Replicas = (int)count)),
        new("limits", "Limits of each container; the workspace's where left out.", ManifestShape.Of(LimitKeys), ManifestParts.Limits),
        new("volumes", "Named volumes and where they are mounted in the container.", ManifestShape.MapOf(VolumeName, ManifestShape.Text(MaxPath, AbsolutePath)), ManifestParts.Volumes),
    ];

    public static IReadOnlyList<ManifestKey<KyozoManifest>> RootKeys { get; } =
    [
        new("version", "Version of this format.", ManifestShape.Whole(1, 1), static (_, value, reader) => reader.Whole(value, 1, 1, _ => { })),
        new("detect", "False: nothing runs but the services named here, with the edges named here.", ManifestShape.Flag, static (into, value, reader) => reader.Flag(value, yes => into.Detect = yes)),
        new("services", "The services by name.", ManifestShape.MapOf(ServiceName, ManifestShape.Either(ManifestShape.Nothing, ManifestShape.Of(ServiceKeys))), ManifestParts.Services),
        new("ignore", "Folders or names of found services that are none.", ManifestShape.ListOf(Path), ManifestParts.Ignore),
    ];

    static IEnumerable<string> Words<T>() where T : struct, Enum => Enum.GetNames<T>().Select(name => name.ToLowerInvariant());
}
