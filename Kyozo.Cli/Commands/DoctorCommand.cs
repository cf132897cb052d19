using System.CommandLine;
using Kyozo.Cli.Installation;
using Kyozo.Data;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Images;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo doctor</c>: what is missing or wrong on this machine, each with what mends it.</summary>
static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Look for what is missing or wrong on this machine, and say what mends it.");
        command.SetAction(async (_, cancellationToken) =>
        {
            await using var services = EngineServices.Create();
            var diagnosis = new Diagnosis(
                KyozoHome.FromEnvironment(), services.GetRequiredService<IContainerRuntime>(), services.GetRequiredService<IConfiguration>(),
                services.GetRequiredService<IOptions<BuildOptions>>(), services.GetRequiredService<BuildNetwork>(), services.GetRequiredService<WorkspaceNetworkGuard>(), TimeProvider.System);
            var problems = 0;
            await foreach (var finding in diagnosis.LookAsync(cancellationToken))
            {
                if (!finding.Ok) problems++;
                AnsiConsole.Write(new Text(finding.Ok ? "ok       " : "problem  ", finding.Ok ? Color.Green : Color.Red));
                Console.WriteLine(finding.What);
                if (finding.Mend is not null) Console.WriteLine($"           → {finding.Mend}");
            }

            Console.WriteLine(problems switch { 0 => "No problem found.", 1 => "1 problem found.", _ => $"{problems} problems found." });
            return problems == 0 ? 0 : 1;
        });
        return command;
    }
}
