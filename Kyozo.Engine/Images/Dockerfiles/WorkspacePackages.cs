using System.Text.Json;

namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>The packages of a JavaScript workspace that a service imports and that are compiled: until they are built there is nothing to import.</summary>
static class WorkspacePackages
{
    const string Manifest = "/package.json";

    /// <summary>Folders in the build context of those with a build script, each after the ones that it imports itself.</summary>
    public static IReadOnlyList<string> ToBuild(DockerfileInput input)
    {
        if (!input.IsPart) return [];

        var own = input.Folder + Manifest;
        var byName = input.FilesInContext
            .Where(file => file.EndsWith(Manifest, StringComparison.Ordinal) && file != own)
            .Select(file => (Folder: file[..^Manifest.Length], Package: Parse(input.ReadInContext(file))))
            .Where(one => one.Package?.Name is not null)
            .GroupBy(one => one.Package!.Name!)
            .ToDictionary(same => same.Key, same => (same.First().Folder, Package: same.First().Package!));
        var seen = new HashSet<string>();
        var order = new List<string>();
        Visit(Package.Read(input));
        return order;

        // A broken manifest that nobody asks for is no reason to build nothing.
        static Package? Parse(string? text)
        {
            try
            {
                return Package.Parse(text ?? "{}");
            }
            catch (JsonException)
            {
                return null;
            }
        }

        void Visit(Package package)
        {
            foreach (var name in package.Dependencies.Order(StringComparer.Ordinal))
            {
                if (!byName.TryGetValue(name, out var needed) || !seen.Add(name)) continue;
                Visit(needed.Package);
                if (needed.Package.Scripts.ContainsKey("build") && StartLine.IsPlain(needed.Folder)) order.Add(needed.Folder);
            }
        }
    }
}
