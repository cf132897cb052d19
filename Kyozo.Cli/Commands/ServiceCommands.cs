using System.CommandLine;
using Kyozo.Cli.Installation;
using Kyozo.Data;
using Kyozo.Data.Deployments;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo start | stop | restart | scale | delete SERVICE</c>: each files a deployment of one service and follows it.</summary>
static class ServiceCommands
{
    public static IEnumerable<Command> Create() =>
    [
        Simple("start", "Start a stopped service as it was.", DeploymentKind.Start),
        Simple("stop", "Stop a service; its volumes stay.", DeploymentKind.Stop),
        Simple("restart", "Replace the containers of a service by new ones of the same release.", DeploymentKind.Restart),
        Scale(),
        Delete(),
    ];

    static Command Simple(string name, string description, DeploymentKind kind)
    {
        var command = new Command(name, description);
        Acting(command, kind, (_, request) => request);
        return command;
    }

    static Command Scale()
    {
        var replicas = new Argument<int>("REPLICAS") { Description = "Number of replicas, 0 to 100." };
        replicas.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 100) result.AddError("REPLICAS is a number from 0 to 100.");
        });
        var command = new Command("scale", "Change the number of replicas of a service.");
        Acting(command, DeploymentKind.Scale, (parsed, request) => request with { Replicas = parsed.GetRequiredValue(replicas) });
        command.Add(replicas);
        return command;
    }

    static Command Delete()
    {
        var volumes = new Option<bool>("--volumes") { Description = "Delete its volumes, and so its data, too." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new Command("delete", "Stop and remove a service.") { volumes, yes };
        Acting(command, DeploymentKind.Delete, (parsed, request) =>
        {
            if (!parsed.GetValue(yes)) throw new CommandException("This removes the service. Say --yes to mean it (and --volumes to delete its data too).", exitCode: 2);
            return request with { DeleteVolumes = parsed.GetValue(volumes) };
        });
        return command;
    }

    static void Acting(Command command, DeploymentKind kind, Func<ParseResult, DeploymentRequest, DeploymentRequest> complete)
    {
        var service = SharedOptions.Service();
        var team = SharedOptions.Team();
        var detach = SharedOptions.Detach();
        command.Add(service);
        command.Add(team);
        command.Add(detach);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await OperatorSession.OpenAsync(KyozoHome.FromEnvironment(), parsed.GetRequiredValue(team), cancellationToken);
            var found = await session.FindAsync(parsed.GetRequiredValue(service), cancellationToken);
            var request = complete(parsed, new() { ServiceIds = [found.Id] });
            return await session.RunAsync(found.WorkspaceId, kind, request, parsed.GetValue(detach), cancellationToken);
        });
    }
}
