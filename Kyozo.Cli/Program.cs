using System.CommandLine;
using Kyozo.Cli;
using Kyozo.Cli.Commands;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Host;
using Spectre.Console;

var root = new RootCommand("Folder as a Service: points at a folder, finds its services, runs and watches them.")
{
    UpCommand.Create(),
    DownCommand.Create(),
    StatusCommand.Create(),
    DetectCommand.Create(),
    LogsCommand.Create(),
    SetupLinkCommand.Create(),
    DoctorCommand.Create(),
    ImagesCommand.Create(),
    AuditCommand.Create(),
    DbCommand.Create(),
    TestCommand.Create(),
    BenchCommand.Create(),
    SuperviseCommand.Create(),
};
foreach (var command in DeployCommands.Create()) root.Add(command);
foreach (var command in ServiceCommands.Create()) root.Add(command);
foreach (var command in ExportCommand.Create()) root.Add(command);

// What is piped on has no width: a line ends where it ends.
if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 400;

try
{
    // Ctrl-C in `up` takes everything down first, and that takes its time.
    return await root.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(3) });
}
catch (CommandException e)
{
    Console.Error.WriteLine(e.Message);
    return e.ExitCode;
}
catch (Exception e) when (e is WorkerUnavailableException or WorkerRefusedException or AccessDeniedException or DeploymentRequestException or HostProgramException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (EngineUnavailableException e)
{
    Console.Error.WriteLine($"{e.Message}\nLook for the cause with: ./kyozo doctor");
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}
