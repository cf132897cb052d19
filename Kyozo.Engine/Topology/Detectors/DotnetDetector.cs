using System.Xml.Linq;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>.NET programs in C#, F# and Visual Basic: web, worker, console. Libraries, tests and Aspire hosts are none.</summary>
sealed class DotnetDetector : IServiceDetector
{
    static readonly string[] TestPackages = ["Microsoft.NET.Test.Sdk", "xunit", "xunit.v3", "NUnit", "MSTest", "TUnit", "bunit", "Aspire.Hosting.Testing"];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        var projects = folder.With(".csproj", ".fsproj", ".vbproj").ToList();
        foreach (var project in projects)
        {
            if (folder.Index.Xml(project) is not { Root: { } root } || KindOf(root) is not { } kind) continue;
            yield return Create(folder, project, root, kind, projects.Count > 1);
        }
    }

    enum Kind { Web, Worker, Console, BrowserApp, Library }

    static Kind? KindOf(string sdk, XElement root)
    {
        if (sdk.Contains("Aspire.AppHost", StringComparison.Ordinal) || root.ValueOf("IsAspireHost") is "true" || root.Named("Sdk").Any(element => element.Attribute("Name")?.Value.StartsWith("Aspire.AppHost", StringComparison.Ordinal) == true)) return null;
        if (root.ValueOf("IsTestProject") is "true" || Packages(root).Any(package => TestPackages.Contains(package.Name, StringComparer.OrdinalIgnoreCase))) return null;
        if (sdk.StartsWith("Microsoft.NET.Sdk.BlazorWebAssembly", StringComparison.Ordinal)) return Kind.BrowserApp;
        if (sdk.StartsWith("Microsoft.NET.Sdk.Web", StringComparison.Ordinal)) return Kind.Web;
        if (sdk.StartsWith("Microsoft.NET.Sdk.Worker", StringComparison.Ordinal)) return Kind.Worker;
        if (root.ValueOf("OutputType") is { } output && output.Equals("Exe", StringComparison.OrdinalIgnoreCase)) return Kind.Console;
        return Kind.Library;
    }

    static Kind? KindOf(XElement root) => KindOf(root.Attribute("Sdk")?.Value ?? root.Named("Sdk").FirstOrDefault()?.Attribute("Name")?.Value ?? "", root);

    static Candidate Create(Folder folder, SnapshotFile project, XElement root, Kind kind, bool several)
    {
        var type = project.Extension switch { ".fsproj" => ServiceType.Fsharp, ".vbproj" => ServiceType.Vb, _ => ServiceType.Dotnet };
        var name = System.IO.Path.GetFileNameWithoutExtension(project.Name);
        var service = new Candidate(folder, type, Rank.Dotnet)
        {
            PackageManager = "nuget",
            InstallCommand = $"dotnet restore {project.Name}",
            BuildCommand = $"dotnet publish {project.Name} -c Release -o out",
            StartCommand = $"dotnet out/{root.ValueOf("AssemblyName") ?? name}.dll",
            Version = Version(folder, root),
            IsLibrary = kind == Kind.Library,
            Name = several ? name : null,
        };
        var line = root.Line();
        switch (kind)
        {
            case Kind.Web:
                service.Framework = root.Named("PackageReference").Any(package => package.Attribute("Include")?.Value.StartsWith("Microsoft.Azure.Functions.Worker", StringComparison.Ordinal) == true) ? "azure-functions" : "aspnet";
                service.Listens = true;
                service.DefaultPort = 8080;
                service.Because(project, line, "web project (Microsoft.NET.Sdk.Web)", 0.95);
                break;
            case Kind.Worker:
                service.Listens = false;
                service.Because(project, line, "worker project (Microsoft.NET.Sdk.Worker)", 0.95);
                break;
            case Kind.BrowserApp:
                service.Framework = "blazor-wasm";
                service.OutputPath = "out/wwwroot";
                service.StartCommand = null;
                service.Listens = true;
                service.Port = 80;
                service.Because(project, line, "Blazor WebAssembly project", 0.9);
                break;
            case Kind.Library:
                service.Because(project, line, "library project", Belief.Sign);
                break;
            case Kind.Console:
                service.Because(project, root.Named("OutputType").First().Line(), "program (OutputType Exe)", Belief.ProgramManifest);
                break;
        }
        Collect(folder.Index, project, service, [], 0);
        return service;
    }

    /// <summary>Packages of the project and of the projects it refers to: a web project's database driver often sits in another project.</summary>
    static void Collect(FolderIndex index, SnapshotFile project, Candidate service, HashSet<string> seen, int depth)
    {
        if (!seen.Add(project.Path) || depth > 8 || index.Xml(project)?.Root is not { } root) return;
        foreach (var (name, line) in Packages(root)) service.Libraries.Add(new("nuget", name, project.Path, line));
        foreach (var reference in root.Named("ProjectReference"))
        {
            if (reference.Attribute("Include")?.Value is not { } include || Paths.Resolve(project.Folder, include) is not { } path || index.File(path) is not { } referred) continue;
            service.References.Add(referred.Folder);
            Collect(index, referred, service, seen, depth + 1);
        }
    }

    static IEnumerable<(string Name, int? Line)> Packages(XElement root) =>
        root.Named("PackageReference").Select(element => (element.Attribute("Include")?.Value ?? element.Attribute("Update")?.Value ?? "", element.Line())).Where(package => package.Item1.Length > 0);

    static string? Version(Folder folder, XElement root)
    {
        if ((root.ValueOf("TargetFramework") ?? root.ValueOf("TargetFrameworks")?.Split(';')[^1]) is { } framework) return Plain(framework);
        for (var at = folder.Path; ; at = Paths.Parent(at))
        {
            if (folder.Index.Xml(folder.Index.File(Paths.Join(at, "Directory.Build.props"))) is { } shared && shared.ValueOf("TargetFramework") is { } inherited) return Plain(inherited);
            if (folder.Index.Json(folder.Index.File(Paths.Join(at, "global.json")))?.Text("sdk", "version") is { } sdk) return string.Join('.', sdk.Split('.').Take(2));
            if (at == ".") return null;
        }
    }

    static string Plain(string framework) => framework.StartsWith("netcoreapp", StringComparison.Ordinal) ? framework[10..] : framework.StartsWith("net", StringComparison.Ordinal) ? framework[3..] : framework;
}
