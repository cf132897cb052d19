using System.CommandLine;
using Kyozo.Data;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo detect FOLDER [--json] [--explain]</c>: what a folder holds; needs no server and no database.</summary>
static class DetectCommand
{
    const int Found = 0, Unreadable = 2;

    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "The folder to look at.", DefaultValueFactory = _ => "." };
        var json = new Option<bool>("--json") { Description = "Print the topology as JSON on standard output." };
        var explain = new Option<bool>("--explain") { Description = "Print every piece of evidence with its weight." };
        var noCache = new Option<bool>("--no-cache") { Description = "Read every file again, whatever an earlier run remembers." };
        var command = new Command("detect", "Show which services a folder holds, how sure that is, and why.") { folder, json, explain, noCache };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(folder)!, parsed.GetValue(json), parsed.GetValue(explain), parsed.GetValue(noCache), cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(string folder, bool json, bool explain, bool noCache, CancellationToken cancellationToken)
    {
        FolderTopology topology;
        try
        {
            topology = await FolderDetection.DetectAsync(folder, noCache ? ScanOptions.Default : ScanOptions.Default with { Cache = Cache(folder) }, cancellationToken);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            await Console.Error.WriteLineAsync(Advice(folder, problem));
            return Unreadable;
        }

        if (json) await Console.Out.WriteLineAsync(TopologyJson.Print(topology));
        else TopologyPrinter.Print(topology, explain);
        if (topology.Services.Count == 0) await Console.Error.WriteLineAsync($"Nothing deployable was found in {folder}. Kyozo looks for manifests (package.json, requirements.txt, *.csproj, go.mod ...), Dockerfiles, compose files and index.html; check that this is the folder you meant.");
        return Found;
    }

    /// <summary>Only where there is an installation: looking at a folder makes none.</summary>
    static ScanCache? Cache(string folder)
    {
        var home = KyozoHome.FromEnvironment();
        return Directory.Exists(home.Root) ? ScanCache.OpenIn(home, folder, TimeProvider.System.GetUtcNow()) : null;
    }

    static string Advice(string folder, Exception problem) => problem switch
    {
        DirectoryNotFoundException when File.Exists(folder) => $"{folder} is a file, not a folder. Name the folder that holds it.",
        DirectoryNotFoundException => $"There is no folder {folder}. Check the path; a relative one starts at {Environment.CurrentDirectory}.",
        UnauthorizedAccessException => $"The folder {folder} cannot be read: permission denied. Give this user the right to list it (chmod u+rx), or run kyozo as its owner.",
        _ => $"The folder {folder} cannot be read: {problem.Message}",
    };
}
