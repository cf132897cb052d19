using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;

namespace Kyozo.Cli.Installation;

/// <summary>Looks at a folder before anything is started or written for it: a mistake in its name costs nothing then.</summary>
static class FolderCheck
{
    /// <summary>The folder's real path and what is in it.</summary>
    /// <exception cref="CommandException">It cannot be read, or holds nothing that could be deployed.</exception>
    public static async Task<(string Path, FolderTopology Topology)> LookAsync(string folder, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(folder);
        if (File.Exists(full)) throw new CommandException($"{full} is a file. Name the folder that holds the services: ./kyozo up {Path.GetDirectoryName(full)}", exitCode: 2);
        if (!Directory.Exists(full)) throw new CommandException($"There is no folder {full}. Name one that is there: ./kyozo up FOLDER", exitCode: 2);

        var real = Real(full);
        if (IsEmpty(real)) throw new CommandException($"{full} is empty: there is nothing to deploy. Put the sources of a service into it, or try: ./kyozo up samples/shop");

        var topology = TopologyAnalyzer.Analyze(await FolderScanner.ScanAsync(real, ScanOptions.Default, cancellationToken));
        return topology.Services.Count > 0
            ? (real, topology)
            : throw new CommandException($"Nothing deployable was found in {full}. See what was looked at with: ./kyozo detect {folder}   (a Dockerfile, a package.json, or a kyozo.yaml would be recognised)");
    }

    static string Real(string full)
    {
        try
        {
            return RealPath.Of(full);
        }
        catch (IOException)
        {
            throw new CommandException($"{full} leads in a circle of links. Name the folder itself.", exitCode: 2);
        }
    }

    static bool IsEmpty(string folder)
    {
        try
        {
            return !Directory.EnumerateFileSystemEntries(folder).Any();
        }
        catch (UnauthorizedAccessException)
        {
            throw new CommandException($"{folder} may not be read by {Environment.UserName}. Allow it with: chmod u+rx {folder}", exitCode: 2);
        }
    }
}
