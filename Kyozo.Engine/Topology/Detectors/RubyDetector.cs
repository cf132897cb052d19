using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Ruby programs: Rails, Sinatra, Rack, Sidekiq, scripts.</summary>
sealed class RubyDetector : IServiceDetector
{
    public IEnumerable<Candidate> Detect(Folder folder)
    {
        if (folder.First("Gemfile", "gems.rb") is not { Text: not null } gemfile)
        {
            if (Script(folder) is not { } script) return [];
            var framework = script.Mentions("require 'sinatra") || script.Mentions("require \"sinatra") ? "sinatra" : null;
            return
            [
                new Candidate(folder, ServiceType.Ruby, Rank.ScriptWithoutManifest) { StartCommand = script.Name == "config.ru" ? "rackup --host 0.0.0.0" : $"ruby {script.Name}", Framework = framework, Listens = true, DefaultPort = script.Name == "config.ru" ? 9292 : 4567 }
                    .Because(script, null, $"entry file {script.Name}", Belief.EntryFile),
            ];
        }

        var service = new Candidate(folder, ServiceType.Ruby, Rank.Ruby) { PackageManager = "bundler", InstallCommand = "bundle install", Version = Version(folder, gemfile) };
        service.Because(gemfile, null, gemfile.Name, Belief.Manifest);
        foreach (var (name, line) in Gems(gemfile)) service.Libraries.Add(new("gem", name, gemfile.Path, line));
        // Jekyll's Gemfile only brings the generator.
        if (service.UsesAny("jekyll", "github-pages") && folder.Has("_config.yml") || service.Uses("middleman")) service.Rank = Rank.StaticPages;

        if (service.Uses("rails") || folder.Has("bin/rails"))
        {
            (service.Framework, service.DefaultPort, service.Listens) = ("rails", 3000, true);
            service.StartCommand = "bin/rails server --binding 0.0.0.0 --port 3000";
            service.Because(gemfile, gemfile.LineOf("rails"), "framework rails", Belief.ProgramManifest);
        }
        else if (service.UsesAny("sinatra", "hanami", "roda", "grape", "padrino", "sinatra-contrib"))
        {
            service.Framework = service.UsesAny("sinatra", "sinatra-contrib") ? "sinatra" : service.Libraries.First(one => one.Name is "hanami" or "roda" or "grape" or "padrino").Name;
            (service.DefaultPort, service.Listens) = (folder.Has("config.ru") ? 9292 : 4567, true);
            service.Because(gemfile, gemfile.LineOf(service.Framework), $"framework {service.Framework}", Belief.Framework);
        }
        var entry = folder.First("app.rb", "main.rb", "server.rb", "web.rb", "worker.rb", "index.rb", "hello.rb", "bot.rb") ?? Script(folder);
        if (service.StartCommand is null && folder.File("config.ru") is { } rack)
        {
            (service.StartCommand, service.DefaultPort, service.Listens) = ("bundle exec rackup --host 0.0.0.0 --port 9292", 9292, true);
            if (service.Framework == "hanami") (service.StartCommand, service.DefaultPort) = ("bundle exec hanami server --host 0.0.0.0 --port 2300", 2300);
            service.Because(rack, null, "config.ru of Rack", Belief.StartCommand);
        }
        else if (service.StartCommand is null && entry is not null)
        {
            service.StartCommand = $"bundle exec ruby {entry.Name}";
            service.Because(entry, null, $"entry file {entry.Name}", Belief.EntryFile);
        }
        else if (service.StartCommand is null && folder.File("Rakefile") is { } rake) (service.StartCommand, _) = ("bundle exec rake", service.Because(rake, null, "Rakefile", Belief.Sign));
        service.IsLibrary = service.StartCommand is null && (folder.Depth > 0 || folder.With(".gemspec").Any());
        return service.Framework is "rails" or "sinatra" && service.Uses("sidekiq") ? [service, Sidekiq(folder, service, gemfile)] : [service];
    }

    /// <summary>Without a Gemfile: a rackup file, a script of a usual name that serves, or the only one that does.</summary>
    static SnapshotFile? Script(Folder folder)
    {
        if (folder.First("app.rb", "server.rb", "main.rb", "config.ru") is { Text: { } text } usual && (usual.Name == "config.ru" || Serves(text))) return usual;
        var serving = folder.With(".rb").Where(file => file.Text is { } own && Serves(own)).Take(2).ToList();
        return serving.Count == 1 ? serving[0] : null;

        static bool Serves(string text) => CodePatterns.Listens().IsMatch(text) || text.Contains("require 'sinatra", StringComparison.Ordinal) || text.Contains("require \"sinatra", StringComparison.Ordinal);
    }

    static Candidate Sidekiq(Folder folder, Candidate web, SnapshotFile gemfile)
    {
        var worker = new Candidate(folder, ServiceType.Ruby, Rank.Ruby)
        {
            Name = $"{folder.Name}-sidekiq",
            Framework = "sidekiq",
            PackageManager = web.PackageManager,
            InstallCommand = web.InstallCommand,
            Version = web.Version,
            StartCommand = "bundle exec sidekiq",
            Listens = false,
            IsSecondProcess = true,
        };
        worker.Libraries.AddRange(web.Libraries);
        return worker.Because(gemfile, gemfile.LineOf("sidekiq"), "background jobs with sidekiq", Belief.StartCommand);
    }

    static IEnumerable<(string Name, int Line)> Gems(SnapshotFile gemfile)
    {
        var number = 0;
        foreach (var line in gemfile.Text!.Split('\n'))
        {
            number++;
            var text = line.Trim();
            if (!text.StartsWith("gem ", StringComparison.Ordinal) && !text.StartsWith("gem(", StringComparison.Ordinal)) continue;
            var start = text.IndexOfAny(['"', '\'']);
            var end = start < 0 ? -1 : text.IndexOf(text[start], start + 1);
            if (end > 0) yield return (text[(start + 1)..end], number);
        }
    }

    static string? Version(Folder folder, SnapshotFile gemfile)
    {
        if (folder.File(".ruby-version").FirstWord() is { } pinned) return pinned.StartsWith("ruby-", StringComparison.Ordinal) ? pinned[5..] : pinned;
        if (ToolVersions.Of(folder, "ruby") is { } tool) return tool;
        foreach (var line in gemfile.Text!.Split('\n'))
        {
            var text = line.Trim();
            if (text.StartsWith("ruby ", StringComparison.Ordinal) && text.Split('"', '\'') is [_, var version, ..]) return version;
        }
        // RUBY VERSION of the lock file: "   ruby 3.3.6p108".
        if (folder.Text("Gemfile.lock") is { } locked && locked.IndexOf("RUBY VERSION", StringComparison.Ordinal) is >= 0 and var section && locked[section..].Split('\n') is [_, var pinnedLine, ..] && pinnedLine.Trim().StartsWith("ruby ", StringComparison.Ordinal)) return pinnedLine.Trim()[5..].Split('p')[0];
        return null;
    }
}
