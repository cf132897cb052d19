using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>A folder that is started by a script and nothing more specific.</summary>
sealed class ShellDetector : IServiceDetector
{
    public IEnumerable<Candidate> Detect(Folder folder)
    {
        if (folder.First("start.sh", "run.sh", "entrypoint.sh") is not { } script) return [];
        if (folder.Depth > 0 && script.Name != "start.sh") return [];
        var first = script.Text?.Split('\n')[0] ?? "";
        var shell = first.StartsWith("#!", StringComparison.Ordinal) ? Paths.Last(first.Trim()).Split(' ')[^1] : "sh";
        return
        [
            new Candidate(folder, ServiceType.Shell, Rank.ShellScript) { StartCommand = $"{(shell.Length > 0 ? shell : "sh")} {script.Name}" }
                .Because(script, 1, $"script {script.Name}", script.Name == "start.sh" ? Belief.StartCommand : Belief.Manifest),
        ];
    }
}
