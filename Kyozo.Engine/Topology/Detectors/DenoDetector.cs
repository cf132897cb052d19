using Kyozo.Data.Topology;
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
        service.IsLibrary = service.StartCommand is null;
        return [service];
    }
}
