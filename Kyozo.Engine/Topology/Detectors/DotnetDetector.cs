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
        if (projects.Count > 0) yield break;
        foreach (var program in WithoutProject(folder)) yield return program;
    }

    /// <summary>A single file with its own directives (.NET 10), or a program that was published already.</summary>
    static IEnumerable<Candidate> WithoutProject(Folder folder)
    {
        foreach (var file in folder.With(".cs").Where(file => file.Name != "apphost.cs" && (file.Mentions("#:") || file.Mentions("#!")) && file.Text is { } text && (text.StartsWith("#:", StringComparison.Ordinal) || text.Contains("\n#:sdk ", StringComparison.Ordinal) || text.Contains("\n#:package ", StringComparison.Ordinal) || text.StartsWith("#!", StringComparison.Ordinal) && text.Contains("dotnet", StringComparison.Ordinal))))
        {
            var web = file.Mentions("#:sdk Microsoft.NET.Sdk.Web");
            var service = new Candidate(folder, ServiceType.Dotnet, Rank.Dotnet)
            {
                Framework = web ? "aspnet" : null,
                Listens = web ? true : null,
                DefaultPort = web ? 8080 : null,
                PackageManager = "nuget",
                BuildCommand = $"dotnet publish {file.Name} -c Release -o out",
                StartCommand = $"dotnet run {file.Name}",
                Version = Inherited(folder) ?? "10.0",
            };
            foreach (var line in file.Text!.Split('\n').Where(line => line.StartsWith("#:package ", StringComparison.Ordinal))) service.Libraries.Add(new("nuget", line[10..].Trim().Split('@', ' ')[0], file.Path, file.LineOf(line)));
            yield return service.Because(file, file.LineOf("#:"), "a program in one file (#: directives)", Belief.ProgramManifest);
        }
        if (folder.Files.FirstOrDefault(file => file.Name.EndsWith(".runtimeconfig.json", StringComparison.Ordinal)) is { } published)
        {
            var name = published.Name[..^".runtimeconfig.json".Length];
            yield return new Candidate(folder, ServiceType.Dotnet, Rank.Dotnet) { StartCommand = $"dotnet {name}.dll", DefaultPort = 8080, Listens = published.Mentions("Microsoft.AspNetCore.App") ? true : null }.Because(published, null, $"published program {name}", Belief.ProgramManifest);
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
        // Before the SDK style a web project was told by its type's identifier or by the targets it imports.
        if (root.ValueOf("ProjectTypeGuids")?.Contains("349c5851-65df-11da-9384-00065b846f21", StringComparison.OrdinalIgnoreCase) == true || root.Named("Import").Any(import => import.Attribute("Project")?.Value.Contains("WebApplication.targets", StringComparison.OrdinalIgnoreCase) == true)) return Kind.Web;
        if (root.ValueOf("AzureFunctionsVersion") is not null) return Kind.Web;
        // A window on somebody's desk or telephone is no service.
        if (root.ValueOf("UseMaui") is "true" || root.ValueOf("UseWPF") is "true" || root.ValueOf("UseWindowsForms") is "true" || Packages(root).Any(package => package.Name is "Avalonia.Desktop" or "Avalonia" or "Microsoft.Maui.Controls") || (root.ValueOf("TargetFrameworks") ?? root.ValueOf("TargetFramework")) is { } targets && (targets.Contains("-android", StringComparison.Ordinal) || targets.Contains("-ios", StringComparison.Ordinal))) return Kind.Library;
        if (root.ValueOf("OutputType") is { } output && output.Equals("Exe", StringComparison.OrdinalIgnoreCase))
            return root.Named("FrameworkReference").Any(reference => reference.Attribute("Include")?.Value == "Microsoft.AspNetCore.App") ? Kind.Web : Kind.Console;
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
                service.Framework = root.Named("PackageReference").Any(package => package.Attribute("Include")?.Value.StartsWith("Microsoft.Azure.Functions.Worker", StringComparison.Ordinal) == true) || root.ValueOf("AzureFunctionsVersion") is not null ? "azure-functions" : "aspnet";
                service.Listens = true;
                service.DefaultPort = 8080;
                service.Because(project, line, root.Attribute("Sdk")?.Value is { } sdk ? $"web project ({sdk})" : "web project", Belief.WebProject);
                break;
            case Kind.Worker:
                service.Listens = false;
                service.Because(project, line, "worker project (Microsoft.NET.Sdk.Worker)", Belief.WebProject);
                break;
            case Kind.BrowserApp:
                service.Framework = "blazor-wasm";
                service.OutputPath = "out/wwwroot";
                service.StartCommand = null;
                service.Listens = true;
                service.Port = 80;
                service.Because(project, line, "Blazor WebAssembly project", Belief.WebProject);
                break;
            case Kind.Library:
                service.Because(project, line, "library project", Belief.Sign);
                break;
            case Kind.Console:
                service.Because(project, root.Named("OutputType").First().Line(), "program (OutputType Exe)", Belief.ProgramManifest);
                break;
        }
        Collect(folder.Index, project, service, [], 0);
        if (kind == Kind.Console && service.Libraries.Find(one => one.Name is "Google.Cloud.Functions.Hosting" or "Grpc.AspNetCore" or "Microsoft.AspNetCore.App" or "EmbedIO" or "Giraffe" or "Saturn" or "Suave" or "Nancy.Hosting.Kestrel") is { } server)
        {
            (service.Listens, service.DefaultPort) = (true, 8080);
            service.Because(server.File, server.Line, $"server library {server.Name}", Belief.Framework);
        }
        if (type == ServiceType.Fsharp && service.Libraries.Find(one => one.Name is "Giraffe" or "Saturn" or "Suave" or "Falco") is { } own) service.Framework = own.Name.ToLowerInvariant();
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
        if ((root.ValueOf("TargetFramework") ?? root.ValueOf("TargetFrameworks")?.Split(';')[^1]) is { } framework && !framework.Contains('$', StringComparison.Ordinal)) return Plain(framework);
        return root.ValueOf("TargetFrameworkVersion")?.TrimStart('v') ?? Inherited(folder);
    }

    /// <summary>The version that a folder above states for all projects.</summary>
    static string? Inherited(Folder folder)
    {
        for (var at = folder.Path; ; at = Paths.Parent(at))
        {
            if (folder.Index.Xml(folder.Index.File(Paths.Join(at, "Directory.Build.props"))) is { } shared && shared.ValueOf("TargetFramework") is { } inherited) return Plain(inherited);
            if (folder.Index.Json(folder.Index.File(Paths.Join(at, "global.json")))?.Text("sdk", "version") is { } sdk) return string.Join('.', sdk.Split('.').Take(2));
            if (at == ".") return null;
        }
    }

    static string Plain(string framework) => framework.StartsWith("netcoreapp", StringComparison.Ordinal) ? framework[10..] : framework.StartsWith("net", StringComparison.Ordinal) ? framework[3..] : framework;
}
