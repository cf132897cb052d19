using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Go programs: a main package in the module's folder, or one service for each command below <c>cmd</c>.</summary>
sealed class GoDetector : IServiceDetector
{
    static readonly (string Name, string Module, int Port)[] Frameworks =
    [
        ("gin", "github.com/gin-gonic/gin", 8080), ("echo", "github.com/labstack/echo", 8080), ("fiber", "github.com/gofiber/fiber", 3000), ("chi", "github.com/go-chi/chi", 8080), ("mux", "github.com/gorilla/mux", 8080),
        ("beego", "github.com/beego/beego", 8080), ("iris", "github.com/kataras/iris", 8080), ("buffalo", "github.com/gobuffalo/buffalo", 3000), ("fasthttp", "github.com/valyala/fasthttp", 8080),
    ];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        var module = folder.File("go.mod");
        if (module?.Text is null)
        {
            if (InModule(folder) || (MainFile(folder) ?? folder.File("main.go")) is not { } lone) return [];
            return [Create(folder, folder, lone, [lone], "go build -o app .", lone.Name == "main.go" ? Belief.EntryFile : Belief.Manifest)];
        }

        var main = MainFile(folder);
        if (main is not null) return [Create(folder, folder, module, [main], "go build -o app .", Belief.ProgramManifest)];
        var commands = folder.Index.FoldersBelow(folder.Path).Where(one => !HasOwnModule(folder, one) && MainFile(one) is not null).ToList();
        if (commands.Count == 0) return [Create(folder, folder, module, [], null, Belief.Configured, library: folder.Depth > 0 || folder.Has("go.work") || !folder.With(".go").Any())];
        if (commands.Exists(one => Paths.IsIn(one.Path, Paths.Join(folder.Path, "cmd")))) commands.RemoveAll(one => !IsCommand(one));
        // Without a folder of commands every program counts but those that serve the making of the others.
        else if (commands.FindAll(one => Paths.Inside(folder.Path, one.Path).Split('/').Any(part => part is "tools" or "tool" or "scripts" or "hack" or "examples" or "example" or "internal" or "test" or "tests" or "e2e" or "third_party" or "build" or "ci")) is { } aside && aside.Count < commands.Count) commands.RemoveAll(aside.Contains);
        // A client of the server beside it, and what migrates its database, are started by hand.
        if (commands.Count > 1 && commands.FindAll(one => IsByHand(folder, module, one)) is var clients && clients.Count < commands.Count) commands.RemoveAll(clients.Contains);
        return commands.Select(command =>
        {
            var relative = Paths.Inside(folder.Path, command.Path);
            var service = Create(folder, commands.Count == 1 ? folder : command, module, [MainFile(command)!], $"go build -o app ./{relative}", Belief.ProgramManifest);
            if (commands.Count == 1) return service;
            var named = command.Name is "cmd" or "main" or "server" or "app" or "src" && Paths.Parent(command.Path) is not "." and var parent && parent != folder.Path && Paths.Last(parent) != "cmd" ? Paths.Last(parent) : command.Name;
            (service.Name, _) = (named, service.References.Add(folder.Path));
            // Of the module's packages a command has those that it imports; one that no text imports may be anybody's.
            var texts = Imported(folder, module, command);
            service.Libraries.RemoveAll(library => !texts.Exists(text => text.Mentions($"\"{library.Name}")) && folder.Below.Any(file => file.Extension == ".go" && file.Mentions($"\"{library.Name}")));
            return service;
        }).ToList();

        static bool IsCommand(Folder one) => one.Path.StartsWith("cmd/", StringComparison.Ordinal) || one.Path.Contains("/cmd/", StringComparison.Ordinal) || one.Name == "cmd";
    }

    /// <summary>A command that is called a client or after what it does once and opens no port, neither itself nor by what it imports.</summary>
    static bool IsByHand(Folder module, SnapshotFile manifest, Folder command) =>
        (command.Name is "client" || command.Name.EndsWith("-client", StringComparison.Ordinal) || command.Name.EndsWith("_client", StringComparison.Ordinal) || Purpose.IsOnce(command.Name))
        && !Dockerfiles.Has(command) && !Imported(module, manifest, command).Exists(file => CodePatterns.Listens().IsMatch(file.Text!));

    static Candidate Create(Folder module, Folder folder, SnapshotFile manifest, SnapshotFile[] mains, string? build, double weight, bool library = false)
    {
        var service = new Candidate(folder, ServiceType.Go, Rank.Go) { BuildCommand = build, StartCommand = build is null ? null : "./app", IsLibrary = library };
        service.Because(manifest, null, $"{manifest.Name} of Go", weight);
        foreach (var main in mains) service.Because(main, main.LineOf("func main("), "package main", Belief.EntryFile);
        if (manifest.Name != "go.mod") return service;
        service.PackageManager = "go";
        service.InstallCommand = "go mod download";
        var number = 0;
        foreach (var line in manifest.Text!.Split('\n'))
        {
            number++;
            var text = line.Trim();
            if (text.StartsWith("go ", StringComparison.Ordinal)) service.Version = text[3..].Trim();
            if (text.StartsWith("require ", StringComparison.Ordinal)) text = text[8..].Trim();
            if (text.EndsWith("// indirect", StringComparison.Ordinal) || !text.Contains('/', StringComparison.Ordinal) || text.StartsWith("module ", StringComparison.Ordinal) || text.StartsWith("replace ", StringComparison.Ordinal)) continue;
            service.Libraries.Add(new("go", WithoutVersion(text.Split(' ')[0]), manifest.Path, number));
        }
        service.Version = module.File(".go-version").FirstWord() ?? ToolVersions.Of(module, "go", "golang") ?? service.Version;
        // Several commands share a module: each has the framework that it imports itself.
        var framework = Array.Find(Frameworks, one => service.Uses(one.Module) && (folder == module || folder.Below.Any(file => file.Extension == ".go" && file.Mentions(one.Module))));
        if (framework.Name is not null)
        {
            (service.Framework, service.DefaultPort) = (framework.Name, framework.Port);
            service.Because(manifest, manifest.LineOf(framework.Module), $"framework {framework.Name}", Belief.Framework);
        }
        return service;
    }

    const int MaxPackages = 500;

    /// <summary>The texts that a command of several is made of: its own and those of the packages of its module that they import, and so on.</summary>
    static List<SnapshotFile> Imported(Folder module, SnapshotFile manifest, Folder command)
    {
        var texts = new List<SnapshotFile>();
        var name = manifest.Text!.Split('\n').FirstOrDefault(line => line.StartsWith("module ", StringComparison.Ordinal))?[7..].Trim() ?? "";
        var packages = new List<string> { command.Path };
        for (var i = 0; i < packages.Count && i < MaxPackages; i++)
        {
            foreach (var file in module.Index.In(packages[i]).Where(file => file.Extension == ".go" && file.IsRead))
            {
                texts.Add(file);
                for (var at = file.Text!.IndexOf($"\"{name}/", StringComparison.Ordinal); at >= 0; at = file.Text.IndexOf($"\"{name}/", at + 1, StringComparison.Ordinal))
                {
                    var start = at + name.Length + 2;
                    if (file.Text.IndexOf('"', start) is > 0 and var end && Paths.Join(module.Path, file.Text[start..end]) is var inner && !packages.Contains(inner)) packages.Add(inner);
                }
            }
        }
        return texts;
    }

    static SnapshotFile? MainFile(Folder folder) => folder.With(".go").FirstOrDefault(file => file.Mentions("package main") && file.Mentions("func main("));

    static bool InModule(Folder folder)
    {
        for (var at = folder.Path; at != ".";)
        {
            at = Paths.Parent(at);
            if (folder.Index.File(Paths.Join(at, "go.mod")) is not null) return true;
        }
        return false;
    }

    static bool HasOwnModule(Folder module, Folder folder)
    {
        for (var at = folder.Path; at != module.Path; at = Paths.Parent(at))
        {
            if (folder.Index.File(Paths.Join(at, "go.mod")) is not null) return true;
        }
        return false;
    }

    static string WithoutVersion(string module) => module.LastIndexOf("/v", StringComparison.Ordinal) is > 0 and var at && module[(at + 2)..].All(char.IsAsciiDigit) ? module[..at] : module;
}
