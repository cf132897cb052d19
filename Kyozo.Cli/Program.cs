using System.CommandLine;
using Kyozo.Cli;
using Kyozo.Cli.Commands;
using Kyozo.Data.Permissions;
using Kyozo.Data.WorkerApi;

var root = new RootCommand("Folder as a Service: points at a folder, finds its services, runs and watches them.")
{
    DetectCommand.Create(),
    ImagesCommand.Create(),
    SuperviseCommand.Create(),
    DbCommand.Create(),
    StatusCommand.Create(),
    LogsCommand.Create(),
    TestCommand.Create(),
};
foreach (var command in DeployCommands.Create()) root.Add(command);
foreach (var command in ServiceCommands.Create()) root.Add(command);

try
{
    return await root.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
}
catch (CommandException e)
{
    Console.Error.WriteLine(e.Message);
    return e.ExitCode;
}
catch (Exception e) when (e is WorkerUnavailableException or WorkerRefusedException or AccessDeniedException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}
