using System.CommandLine;
using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Schema.Preflight;
using Spectre.Console;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db preflight</c>: what should be known before a migration, each line with the way out.</summary>
static class DbPreflightCommand
{
    public static Command Create(Option<string?> connection)
    {
        var to = new Option<string?>("--to") { Description = "Last migration that would be applied; all without it." };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of lines." };
        var command = new Command("preflight", "Look whether a migration can be run: server, rights, disk, backup, locks; exits 1 when something failed.") { to, json };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            var lines = await new PreflightReader(administrator, TimeProvider.System).CheckAsync(result.GetValue(to), cancellationToken);
            if (result.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(lines, KyozoJson.Indented));
            else Print(lines, all: true);
            return lines.Any(line => line.Level == PreflightLevel.Failed) ? 1 : 0;
        }));
        return command;
    }

    /// <summary>Prints the lines, or only those that are not ok.</summary>
    public static void Print(IReadOnlyList<PreflightLine> lines, bool all)
    {
        foreach (var line in lines.Where(line => all || line.Level != PreflightLevel.Ok))
        {
            var color = line.Level switch { PreflightLevel.Ok => Color.Green, PreflightLevel.Warning => Color.Yellow, _ => Color.Red };
            AnsiConsole.Write(new Text($"{Word(line.Level),-9}", color));
            Console.WriteLine($"{line.Check}: {line.What}");
            if (line.WayOut is not null) Console.WriteLine($"           → {line.WayOut}");
        }
    }

    static string Word(PreflightLevel level) => level switch { PreflightLevel.Ok => "ok", PreflightLevel.Warning => "warning", _ => "failed" };
}
