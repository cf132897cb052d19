using System.Text.RegularExpressions;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Deno programs: deno.json, or imports by address.</summary>
sealed class DenoDetector : IServiceDetector
{
    static readonly string[] EntryFiles = ["main.ts", "server.ts", "index.ts", "app.ts", "mod.ts", "main.js", "server.js", "index.js", "main.mjs", "main.mts", "main.tsx", "src/main.ts", "src/index.ts"];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        var manifest = folder.First("deno.json", "deno.jsonc");
        var entry = folder.First(EntryFiles) ?? folder.With(".ts", ".js", ".mjs").FirstOrDefault();
        var imports = folder.With(".ts", ".tsx", ".js", ".mjs", ".mts").FirstOrDefault(file => file.Mentions("https://deno.land/") || file.Mentions("Deno.serve") || file.Mentions("from \"jsr:"));
        if (manifest is null && imports is null) return [];

        var service = new Candidate(folder, ServiceType.Deno, Rank.Deno);
        if (manifest is not null) service.Because(manifest, null, manifest.Name, Belief.StartCommand);
        if (imports is not null) service.Because(imports, imports.LineOf("deno.land") ?? imports.LineOf("Deno.serve"), "written for Deno", Belief.Framework);
        if (imports is not null || entry is not null) service.Because((imports ?? entry)!, null, $"entry file {(imports ?? entry)!.Name}", Belief.Manifest);
        var tasks = folder.Index.Json(manifest)?.At("tasks");
        entry = folder.First(EntryFiles) ?? imports ?? entry;
        service.StartCommand = tasks?.Text("start") is not null ? "deno task start" : entry is null ? null : $"deno run --allow-net --allow-env --allow-read {Paths.Inside(folder.Path, entry.Path)}";
        service.PackageManager = "deno";
        service.Version = ToolVersions.Of(folder, "deno");
        service.DefaultPort = 8000;
        Framework(folder, service, manifest);
        service.IsLibrary = service.StartCommand is null;
        return [service];
    }

    static readonly (string Name, string[] Signs)[] Frameworks =
        [("fresh", ["$fresh/", "@fresh/core", "deno.land/x/fresh@"]), ("lume", ["lume/", "deno.land/x/lume"]), ("oak", ["deno.land/x/oak", "@oak/oak"]), ("hono", ["@hono/hono", "npm:hono", "deno.land/x/hono"])];

    /// <summary>The framework that the imports name, and the packages of npm among them.</summary>
    static void Framework(Folder folder, Candidate service, SnapshotFile? manifest)
    {
        var texts = folder.Below.Where(file => file.Text is not null && file.Extension is ".ts" or ".tsx" or ".js" or ".mjs" or ".mts").Take(MaxTexts).Prepend(manifest).OfType<SnapshotFile>().ToList();
        foreach (var (name, signs) in Frameworks)
        {
            if (texts.Find(file => signs.Any(sign => file.Mentions(sign))) is not { } file) continue;
            (service.Framework, service.Listens) = (name, name != "lume");
            service.Because(file, signs.Select(file.LineOf).First(line => line is not null), $"framework {name}", Belief.Framework);
            break;
        }
        foreach (var file in texts)
        {
            foreach (Match match in CodePatterns.NpmSpecifier().Matches(file.Text!).Take(MaxTexts))
                service.Libraries.Add(new("npm", match.Groups["name"].Value, file.Path, TextLines.LineAt(file.Text!, match.Index)));
        }
    }

    const int MaxTexts = 100;
}
