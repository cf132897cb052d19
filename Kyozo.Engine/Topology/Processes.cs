using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology;

/// <summary>Reads Procfiles: the web process is how the program starts, the others are services of the same folder.</summary>
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
            if (service.Folder.File("Procfile") is not { Text: { } text } file) continue;
            var number = 0;
            var named = new List<(string Name, string Command, int Line)>();
            foreach (var line in text.Split('\n'))
            {
                number++;
                if (line.Split(':', 2) is [var name, var command] && name.Trim().All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') && command.Trim().Length > 0 && name.Trim() != "release") named.Add((name.Trim(), command.Trim(), number));
            }
            if (named.Count == 0) continue;
            var main = named.FindIndex(process => process.Name == "web") is >= 0 and var web ? web : 0;
            service.IsLibrary = false;
            service.StartCommand = named[main].Command;
            service.OutputPath = null;
            service.Because(file, named[main].Line, $"process {named[main].Name}: {named[main].Command}", Belief.StartCommand);
            if (named[main].Name != "web") service.Listens ??= false;
            foreach (var (name, command, line) in named.Where((_, i) => i != main))
            {
                if (candidates.Exists(one => one.IsSecondProcess && one.Folder.Path == service.Folder.Path && (command == one.StartCommand || command.Contains(one.Framework ?? "\0", StringComparison.Ordinal)))) continue;
                candidates.Add(Second(service, name, command).Because(file, line, $"process {name}: {command}", Belief.NamedProcess));
            }
        }
    }

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
