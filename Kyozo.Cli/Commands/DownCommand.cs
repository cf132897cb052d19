using System.CommandLine;
using Kyozo.Cli.Installation;
using Kyozo.Cli.Output;
using Kyozo.Data;
using Kyozo.Engine.Containers;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo down [--keep-services]</c>: stops everything; volumes and data stay.</summary>
static class DownCommand
{
    public static Command Create()
    {
        var keep = new Option<bool>("--keep-services") { Description = "Let the services' containers run on." };
        var command = new Command("down", "Stop portal, worker, gateway, services and database; volumes and data stay.") { keep };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var engine = EngineServices.Create();
            await new InstallationStop(KyozoHome.FromEnvironment(), engine.GetRequiredService<IContainerRuntime>(), TimeProvider.System, ProgressLines.OnConsole())
                .RunAsync(parsed.GetValue(keep), cancellationToken);
            return 0;
        });
        return command;
    }
}
