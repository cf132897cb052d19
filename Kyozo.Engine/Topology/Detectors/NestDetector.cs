using System.Text.Json;
using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Applications of a Nest workspace: <c>nest-cli.json</c> names them, the package.json beside it is everybody's.</summary>
sealed class NestDetector : IServiceDetector
{
    /// <summary>Transports over a broker: such a microservice opens no port.</summary>
    static readonly string[] Brokers = ["Transport.RMQ", "Transport.KAFKA", "Transport.REDIS", "Transport.NATS", "Transport.MQTT"];

    /// <summary>Names and folders of the applications that the workspace in a folder has below it.</summary>
    public static IEnumerable<(string Name, string Path)> Applications(Folder folder)
    {
        if (folder.Index.Json(folder.File("nest-cli.json")) is not { } workspace) yield break;
        foreach (var project in workspace.At("projects").Members())
        {
            if (project.Value.ValueKind != JsonValueKind.Object || project.Value.Text("type") is not "application" || project.Value.Text("root") is not { Length: > 0 } root) continue;
            if (Paths.Resolve(folder.Path, root) is { } path && path != folder.Path && folder.Index.File(Paths.Join(path, "src/main.ts")) is not null) yield return (project.Name, path);
        }
    }

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        if (folder.File("nest-cli.json") is not { } manifest || folder.File("package.json") is not { } packages) yield break;
        foreach (var (name, path) in Applications(folder))
        {
            var own = new Folder(folder.Index, path);
            if (own.Has("package.json")) continue;
            var manager = NodeDetector.PackageManager(folder, default);
            var service = new Candidate(own, ServiceType.Nodejs, Rank.Node)
            {
                Name = name,
                Framework = "nestjs",
                PackageManager = manager,
                InstallCommand = manager == "npm" ? "npm ci" : $"{manager} install",
                BuildCommand = $"npx nest build {name}",
                StartCommand = $"node dist/{path}/main",
            };
            service.Because(manifest, manifest.LineOf($"\"{name}\""), "application of a Nest workspace", Belief.ProgramManifest);
            var main = own.File("src/main.ts")!;
            service.Because(main, null, "entry file main.ts", Belief.EntryFile);
            var texts = own.Below.Where(file => file.Text is not null).ToList();
            var broker = main.Mentions("createMicroservice") && !main.Mentions("NestFactory.create(") && Brokers.Any(transport => main.Mentions(transport));
            (service.Listens, service.DefaultPort) = (!broker, broker ? null : 3000);

            // The packages are everybody's: this application has those that its own text names.
            foreach (var dependency in (folder.Index.Json(packages)?.At("dependencies")).Members())
            {
                if (texts.Exists(file => file.Mentions($"'{dependency.Name}'") || file.Mentions($"\"{dependency.Name}\""))) service.Libraries.Add(new("npm", dependency.Name, packages.Path, packages.LineOf($"\"{dependency.Name}\"")));
            }
            yield return service;
        }
    }
}
