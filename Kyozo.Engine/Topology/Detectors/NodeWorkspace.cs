using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Packages of the same folder that a Node.js program depends on by name (npm, pnpm, yarn and bun workspaces): it is built with them, and what they use it uses.</summary>
static class NodeWorkspace
{
    const int MaxDepth = 16;

    public static void Collect(Candidate service) => Collect(service, [.. service.Libraries.Where(library => library.Ecosystem == "npm")], 0);

    static void Collect(Candidate service, IReadOnlyList<Library> dependencies, int depth)
    {
        if (depth > MaxDepth) return;
        var index = service.Folder.Index;
        foreach (var dependency in dependencies)
        {
            if (!index.NodePackages.TryGetValue(dependency.Name, out var manifest) || manifest.Folder == service.Folder.Path || !service.References.Add(manifest.Folder)) continue;
            var below = new List<Library>();
            foreach (var named in index.Json(manifest)!.Value.At("dependencies").Members())
                below.Add(new("npm", named.Name, manifest.Path, manifest.LineOf($"\"{named.Name}\"")));
            // A front end is built with a package, but what the package does on a server it does not.
            if (service.OutputPath is null) service.Libraries.AddRange(below);
            Collect(service, below, depth + 1);
        }
    }
}
