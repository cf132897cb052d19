namespace Kyozo.Engine.Topology;

/// <summary>Reads Procfiles: the web process is how the program starts, the others are services of the same folder.</summary>
static class Processes
{
    public static void Apply(List<Candidate> candidates)
    {
        foreach (var service in candidates.Where(candidate => !candidate.IsSecondProcess).ToList())
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
                if (candidates.Exists(one => one.IsSecondProcess && one.Folder.Path == service.Folder.Path && command.Contains(one.Framework ?? "\0", StringComparison.Ordinal))) continue;
                candidates.Add(Second(service, name, command).Because(file, line, $"process {name}: {command}", 0.9));
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
