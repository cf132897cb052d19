using System.CommandLine;
using Kyozo.Cli.Installation;
using Kyozo.Data;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;
using Kyozo.Engine.Topology.Export;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo export WORKSPACE-or-FOLDER --format compose|kyozo</c> and <c>kyozo import FILE</c>: from and to the files that other tools read.</summary>
static class ExportCommand
{
    public static IEnumerable<Command> Create() => [Export(), Import()];

    static Command Export()
    {
        var what = new Argument<string>("WORKSPACE-or-FOLDER") { Description = "A folder, or the slug of a workspace (its newest analysis, with its corrections)." };
        var format = new Option<string>("--format") { Description = "kyozo (kyozo.yaml) or compose (docker-compose.yml).", DefaultValueFactory = _ => "kyozo" };
        format.AcceptOnlyFromAmong([.. TopologyExport.Formats.Keys]);
        var output = Output();
        var team = SharedOptions.Team();
        var command = new Command("export", "Write what was found as kyozo.yaml or docker-compose.yml.") { what, format, output, team };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var topology = await FindAsync(parsed.GetRequiredValue(what), parsed.GetRequiredValue(team), cancellationToken);
            if (topology.Services.Count == 0) throw new CommandException($"Nothing deployable was found in {parsed.GetRequiredValue(what)}: there is nothing to export.");
            return await WriteAsync(TopologyExport.Write(parsed.GetRequiredValue(format), topology), parsed.GetValue(output), cancellationToken);
        });
        return command;
    }

    static Command Import()
    {
        var file = new Argument<string>("FILE") { Description = "A compose file; the folders it builds are looked at too." };
        var output = Output();
        var command = new Command("import", "Turn a compose file into a kyozo.yaml; what is not taken over is told on standard error.") { file, output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(file));
            if (!File.Exists(path)) throw new CommandException($"There is no file {path}.", exitCode: 2);
            var snapshot = ImportedFile.Alone(await ScanAsync(Path.GetDirectoryName(path)!, cancellationToken), Path.GetFileName(path))
                ?? throw new CommandException($"{path} could not be read: no regular text file, too large, or not named .yml or .yaml.", exitCode: 2);
            var topology = ImportedFile.Stated(TopologyAnalyzer.Analyze(snapshot));
            foreach (var skipped in topology.Skipped.Where(skipped => skipped.Path.StartsWith(ImportedFile.Name, StringComparison.Ordinal)))
                await Console.Error.WriteLineAsync($"{Path.GetFileName(path)}{skipped.Path[ImportedFile.Name.Length..]}: {skipped.Reason}");
            if (topology.Services.Count == 0) throw new CommandException($"{path} names no service. Is it a compose file?");
            return await WriteAsync(TopologyExport.Write("kyozo", topology), parsed.GetValue(output), cancellationToken);
        });
        return command;
    }

    static Option<string?> Output() => new("--output", "-o") { Description = "Write to this new file instead of standard output." };

    static async Task<FolderTopology> FindAsync(string what, string team, CancellationToken cancellationToken)
    {
        if (Directory.Exists(what)) return TopologyAnalyzer.Analyze(await ScanAsync(what, cancellationToken));
        if (what.Contains('/', StringComparison.Ordinal) || what.Contains('\\', StringComparison.Ordinal)) throw new CommandException($"There is no folder {what}.", exitCode: 2);
        await using var session = await OperatorSession.OpenAsync(KyozoHome.FromEnvironment(), team, cancellationToken);
        var id = await session.WorkspaceAsync(what, cancellationToken);
        return await session.ReadAsync(db => db.Workspaces.Where(workspace => workspace.Id == id).Select(workspace => workspace.ServiceTopology).SingleAsync(cancellationToken))
            ?? throw new CommandException($"Workspace {what} was not analysed yet. Do that on its detection page.");
    }

    static async Task<FolderSnapshot> ScanAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            return await FolderScanner.ScanAsync(folder, ScanOptions.Default, cancellationToken);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The folder {folder} cannot be read: {problem.Message}", exitCode: 2, problem);
        }
    }

    static async Task<int> WriteAsync(string text, string? output, CancellationToken cancellationToken)
    {
        if (output is null)
        {
            await Console.Out.WriteAsync(text);
            return 0;
        }

        try
        {
            await using var stream = new FileStream(output, FileMode.CreateNew, FileAccess.Write);
            await using var writer = new StreamWriter(stream);
            await writer.WriteAsync(text.AsMemory(), cancellationToken);
        }
        catch (IOException) when (File.Exists(output))
        {
            throw new CommandException($"{output} is there already. Name another file, or move it away.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{output} cannot be written: {problem.Message}");
        }
        return 0;
    }
}
