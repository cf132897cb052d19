using System.Reflection;
using System.Xml.Linq;

namespace Kyozo.Architecture.Tests;

/// <summary>The checkout that these tests were built from, read as files.</summary>
static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>Names of the projects that a project references directly.</summary>
    public static IReadOnlyList<string> ReferencesOf(string project) =>
        [.. Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))).Order(StringComparer.Ordinal)];

    /// <summary>Ids of the packages that a project references directly.</summary>
    public static IReadOnlyList<string> PackagesOf(string project) => [.. Items(project, "PackageReference")];

    /// <summary>Hand-written source files of the product (no tests, nothing built).</summary>
    public static IEnumerable<string> ProductSources(params string[] extensions) =>
        Directory.EnumerateDirectories(Root, "Kyozo.*")
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            .Where(file => extensions.Contains(Path.GetExtension(file)) && !IsBuilt(file));

    public static string Relative(string file) => Path.GetRelativePath(Root, file);

    static IEnumerable<string> Items(string project, string kind)
    {
        var file = Directory.EnumerateFiles(Root, project + ".csproj", SearchOption.AllDirectories).Single(path => !IsBuilt(path));
        return XDocument.Load(file).Descendants(kind).Select(item => item.Attribute("Include")!.Value);
    }

    static bool IsBuilt(string path)
    {
        var parts = Relative(path).Split(Path.DirectorySeparatorChar);
        return parts.Contains("bin") || parts.Contains("obj") || parts.Contains("artifacts");
    }
}
