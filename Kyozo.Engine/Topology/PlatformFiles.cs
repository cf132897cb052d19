using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology;

/// <summary>Files that other platforms keep beside a program: how it is started there, and on which port, holds here too.</summary>
static class PlatformFiles
{
    /// <summary>Lays what they say over the programs beside them.</summary>
    public static void Apply(List<Candidate> candidates)
    {
        foreach (var candidate in candidates.Where(candidate => !candidate.IsSecondProcess && !candidate.IsLibrary && candidate.Image is null && !candidate.Type.IsBacking()))
        {
            var (folder, index) = (candidate.Folder, candidate.Folder.Index);
            if (folder.File("app.yaml") is { } appEngine && index.Yaml(appEngine) is { } app && app["runtime"]?.Scalar is { } runtime)
            {
                candidate.Because(appEngine, app.LineOf("runtime"), $"runtime {runtime} of App Engine", Belief.Framework);
                Start(candidate, appEngine, app.LineOf("entrypoint"), app["entrypoint"]?.Scalar);
            }
            if (folder.File("fly.toml") is { } fly && index.Toml(fly) is { } machine)
            {
                candidate.Because(fly, null, "fly.toml", Belief.Framework);
                if (int.TryParse((machine.Find("http_service", "internal_port") ?? machine.Find("services", "internal_port"))?.Text, out var port) && port is > 0 and < 65536) (candidate.Port, candidate.Listens) = (port, true);
            }
            if (folder.First("railway.json") is { } railway && index.Json(railway) is { } settings) Start(candidate, railway, railway.LineOf("startCommand"), settings.At("deploy")?.Text("startCommand"));
            if (folder.File("railway.toml") is { } toml && index.Toml(toml)?.Find("deploy", "startCommand") is { } deploy) Start(candidate, toml, deploy.Line, deploy.Text);
            if (folder.File("nixpacks.toml") is { } nixpacks && index.Toml(nixpacks)?.Find("start", "cmd") is { } start) Start(candidate, nixpacks, start.Line, start.Text);
        }
    }

    static void Start(Candidate candidate, SnapshotFile file, int? line, string? command)
    {
        if (string.IsNullOrWhiteSpace(command)) return;
        (candidate.StartCommand, candidate.OutputPath) = (command, null);
        candidate.Because(file, line, $"start command of {file.Name}: {command}", Belief.StartCommand);
    }
}
