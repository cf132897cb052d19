using System.CommandLine;
using Kyozo.Cli.Commands;

var root = new RootCommand("Folder as a Service: points at a folder, finds its services, runs and watches them.")
{
    DetectCommand.Create(),
    ImagesCommand.Create(),
    SuperviseCommand.Create(),
    DbCommand.Create(),
    TestCommand.Create(),
};

return await root.Parse(args).InvokeAsync();
