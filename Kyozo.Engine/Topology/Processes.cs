using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology;

/// <summary>Lays the processes that files name over the programs: the web process is how the program starts, the others are services of the same folder.</summary>
static class Processes
{
    /// <summary>What starts a program, and what the program then is.</summary>
    static readonly (string Word, ServiceType Type)[] Starters =
    [
        ("node", ServiceType.Nodejs), ("npm", ServiceType.Nodejs), ("yarn", ServiceType.Nodejs), ("pnpm", ServiceType.Nodejs), ("npx", ServiceType.Nodejs), ("bun", ServiceType.Bun), ("deno", ServiceType.Deno),
        ("python", ServiceType.Python), ("python3", ServiceType.Python), ("gunicorn", ServiceType.Python), ("uvicorn", ServiceType.Python), ("celery", ServiceType.Python), ("flask", ServiceType.Python),
        ("bundle", ServiceType.Ruby), ("ruby", ServiceType.Ruby), ("rails", ServiceType.Ruby), ("puma", ServiceType.Ruby), ("rackup", ServiceType.Ruby), ("java", ServiceType.Java), ("dotnet", ServiceType.Dotnet), ("php", ServiceType.Php),
        ("vendor/bin/heroku-php-apache2", ServiceType.Php), ("mix", ServiceType.Elixir), ("sbt", ServiceType.Scala), ("lein", ServiceType.Clojure), ("swift", ServiceType.Swift), ("dart", ServiceType.Dart),
    ];

    /// <summary>A folder of which only its Procfile says anything: what the command starts, else a script.</summary>
    public static Candidate? Alone(Folder folder)
    {
        if (folder.File("Procfile") is not { Text: { } text } file) return null;
        var commands = text.Split('\n').Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2 && parts[1].Trim().Length > 0 && !parts[0].Contains('#', StringComparison.Ordinal)).ToList();
        if (commands.Count == 0) return null;
        var command = (commands.Find(parts => parts[0].Trim() == "web") ?? commands[0])[1].Trim();
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => !word.Contains('=', StringComparison.Ordinal) && word != "exec").ToList();
        var (_, type) = Array.Find(Starters, one => words.Count > 0 && words[0] == one.Word);
        return new Candidate(folder, words.Count > 0 && Array.Exists(Starters, one => one.Word == words[0]) ? type : ServiceType.Shell, Rank.ShellScript).Because(file, null, "nothing but a Procfile", Belief.Sign);
    }

    public static void Apply(List<Candidate> candidates)
    {
        // One program of a folder: a copy of it that compose names, and an image, have nothing to do with the Procfile.
        foreach (var service in candidates.Where(candidate => !candidate.IsSecondProcess && candidate.Image is null && !candidate.Type.IsBacking()).DistinctBy(candidate => candidate.Folder.Path).ToList())
        {
            var named = ProcessLists.Of(service.Folder, Starts);
            if (named.Count > 0)
            {
                var main = named.FindIndex(process => process.Name is "web" or "app") is >= 0 and var web ? web : 0;
                if (named[main].Command.Length > 0) Main(service, named[main]);
                foreach (var process in named.Where((process, i) => i != main && process.Command.Length > 0)) Beside(candidates, service, process, $"process {process.Name}: {process.Command}", Belief.NamedProcess);
            }
            // Who states the services names the workers too.
            else if (!service.IsStated && !service.IsLibrary && !candidates.Exists(one => one != service && one.IsStated && one.Folder.Path == service.Folder.Path))
            {
                foreach (var process in ProcessLists.Workers(service.Folder)) Beside(candidates, service, process, $"{process.Name} beside the program: {process.Command}", Belief.WorkerBeside);
            }
        }
    }

    static void Main(Candidate service, NamedProcess process)
    {
        if (process.File.Name is "Procfile" or "fly.toml")
        {
            service.IsLibrary = false;
            service.StartCommand = process.Command;
            service.OutputPath = null;
            if (process.Name != "web") service.Listens ??= false;
        }
        else service.StartCommand ??= process.Command;
        service.Because(process.File, process.Line, $"process {process.Name}: {process.Command}", Belief.StartCommand);
    }

    static void Beside(List<Candidate> candidates, Candidate service, NamedProcess process, string signal, double weight)
    {
        if (candidates.Exists(one => one.IsSecondProcess && one.Folder.Path == service.Folder.Path && (process.Command == one.StartCommand || process.Command.Contains(one.Framework ?? "\0", StringComparison.Ordinal)))) return;
        var second = Second(service, process.Name, process.Command).Because(process.File, process.Line, signal, weight);
        if (FileInterest.IsDockerfile(process.File.Name)) second.Dockerfile = process.File.Path;
        if (process.Port is { } port and > 0 and < 65536) (second.Port, second.Listens) = (port, true);
        candidates.Add(second);
    }

    /// <summary>Whether a command begins with what starts a program, after variables and the path to it.</summary>
    static bool Starts(string command) =>
        command.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(word => !word.Contains('=', StringComparison.Ordinal) && word != "exec" && word != "env") is { } first
        && (Array.Exists(Starters, one => one.Word == Paths.Last(first)) || Paths.Last(first) is "sidekiq" or "rq" or "daphne" or "hypercorn");

    static Candidate Second(Candidate first, string name, string command)
    {
        var second = new Candidate(first.Folder, first.Type, first.Rank)
        {
            Name = $"{first.Folder.Name}-{name}",
            Framework = command.Contains("celery", StringComparison.Ordinal) ? "celery" : command.Contains("sidekiq", StringComparison.Ordinal) ? "sidekiq" : null,
            Version = first.Version,
            PackageManager = first.PackageManager,
            InstallCommand = first.InstallCommand,
            BuildCommand = first.BuildCommand,
            StartCommand = command,
            Dockerfile = first.Dockerfile,
            Listens = false,
            IsSecondProcess = true,
        };
        second.Libraries.AddRange(first.Libraries);
        return second;
    }
}
