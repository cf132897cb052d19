using System.Text.Json;
using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Applications of an Nx workspace that have a <c>project.json</c> and share the package.json of the root.</summary>
sealed class NxDetector : IServiceDetector
{
    static readonly (string Executor, string Framework, bool Browser)[] Executors =
        [("@nx/next", "next", false), ("@nx/remix", "remix", false), ("@nx/nuxt", "nuxt", false), ("@nx/angular", "angular", true), ("@angular", "angular", true), ("@nx/vite", "vite", true), ("@nx/web", "vite", true), ("@nx/rspack", "vite", true)];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        if (folder.Depth == 0 || folder.Has("package.json") || folder.File("project.json") is not { } manifest || folder.Index.File("nx.json") is null) return [];
        if (folder.Index.Json(manifest) is not { ValueKind: JsonValueKind.Object } project || project.Text("projectType") is not "application" || folder.Name.EndsWith("-e2e", StringComparison.Ordinal)) return [];

        var name = project.Text("name") ?? folder.Name;
        var service = new Candidate(folder, ServiceType.Nodejs, Rank.Node)
        {
            Name = name,
            PackageManager = NodeDetector.PackageManager(folder, default),
            InstallCommand = "npm ci",
            BuildCommand = $"npx nx build {name}",
            StartCommand = $"node dist/{folder.Path}/main.js",
        };
        if (service.PackageManager != "npm") service.InstallCommand = $"{service.PackageManager} install";
        service.Because(manifest, manifest.LineOf("\"application\""), "application of an Nx workspace", Belief.ProgramManifest);

        // The root's packages are everybody's: this application has those that its own text names.
        var root = folder.Index.File("package.json");
        var texts = folder.Below.Concat(Imported(folder, service).SelectMany(folder.Index.Below)).ToList();
        foreach (var dependency in (folder.Index.Json(root)?.At("dependencies")).Members())
        {
            if (texts.Exists(file => file.Mentions($"'{dependency.Name}'") || file.Mentions($"\"{dependency.Name}\""))) service.Libraries.Add(new("npm", dependency.Name, root!.Path, root!.LineOf($"\"{dependency.Name}\"")));
        }
        // Nx's packages were called @nrwl before its version 16.
        var executors = $"{project.Text("targets", "build", "executor")} {project.Text("targets", "serve", "executor")}".Replace("@nrwl/", "@nx/", StringComparison.Ordinal);
        var (_, framework, browser) = Array.Find(Executors, one => executors.Contains(one.Executor, StringComparison.Ordinal));
        var server = service.UsesAny("@nestjs/core", "express", "fastify", "koa", "hono", "@hapi/hapi");
        if (server) (service.Framework, service.DefaultPort) = (service.Uses("@nestjs/core") ? "nestjs" : service.Libraries.First(one => one.Name is "express" or "fastify" or "koa" or "hono" or "@hapi/hapi").Name.Replace("@hapi/", "", StringComparison.Ordinal), 3000);
        else if (framework is not null) (service.Framework, service.DefaultPort, service.Listens) = (framework, 3000, true);
        if (framework is not null && browser && !server) (service.OutputPath, service.Port, service.StartCommand) = (project.Text("targets", "build", "options", "outputPath") ?? $"dist/{folder.Path}", 80, null);
        if (framework == "next") service.StartCommand = $"npx next start dist/{folder.Path}";
        return [service];
    }

    const int MaxLibraries = 200;

    /// <summary>Folders of the workspace's libraries that the application imports by the names of <c>tsconfig.base.json</c>, and those that they import.</summary>
    static IEnumerable<string> Imported(Folder folder, Candidate service)
    {
        var named = new List<(string Name, string Path)>();
        foreach (var entry in (folder.Index.Json(folder.Index.File("tsconfig.base.json"))?.At("compilerOptions", "paths")).Members())
        {
            if (entry.Value.ValueKind != JsonValueKind.Array || entry.Value.GetArrayLength() == 0 || entry.Value[0].ValueKind != JsonValueKind.String || Paths.Resolve(".", entry.Value[0].GetString()!) is not { } file || entry.Name.Contains('*', StringComparison.Ordinal)) continue;
            var parent = Paths.Parent(file);
            named.Add((entry.Name, Paths.Last(parent) == "src" ? Paths.Parent(parent) : parent));
        }
        var found = new List<string> { folder.Path };
        for (var i = 0; i < found.Count && i < MaxLibraries; i++)
        {
            var texts = folder.Index.Below(found[i]).Where(file => file.Extension is ".ts" or ".tsx").ToList();
            foreach (var (name, path) in named.Where(one => !found.Contains(one.Path) && one.Path != "." && texts.Exists(file => file.Mentions($"'{one.Name}'") || file.Mentions($"\"{one.Name}\"")))) found.Add(path);
        }
        service.References.UnionWith(found.Skip(1));
        return found.Skip(1);
    }
}
