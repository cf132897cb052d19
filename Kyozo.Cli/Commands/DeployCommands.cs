using System.CommandLine;
using Kyozo.Cli.Installation;
using Kyozo.Cli.Output;
using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.WorkerApi;
using Spectre.Console;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo plan | deploy | rollback WORKSPACE</c>.</summary>
static class DeployCommands
{
    public static IEnumerable<Command> Create() => [Plan(), Deploy(), Rollback()];

    static Command Plan()
    {
        var workspace = Workspace();
        var team = SharedOptions.Team();
        var command = new Command("plan", "Show what a deployment of a workspace would do.") { workspace, team };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await OperatorSession.OpenAsync(KyozoHome.FromEnvironment(), parsed.GetRequiredValue(team), cancellationToken);
            var id = await session.WorkspaceAsync(parsed.GetRequiredValue(workspace), cancellationToken);
            var services = await session.ServicesOfAsync(id, cancellationToken);
            var plan = await session.Worker.PlanAsync(session.Actor, id, new PlanRequest(DeploymentKind.Deploy, new() { ServiceIds = services }), cancellationToken);
            Show(plan);
            return plan.Refusals.Count == 0 ? 0 : 1;
        });
        return command;
    }

    static Command Deploy()
    {
        var workspace = Workspace();
        var only = new Option<string[]>("--service") { Description = "Only this service (may be given several times)." };
        var rebuild = new Option<bool>("--rebuild") { Description = "Build again although nothing changed." };
        var team = SharedOptions.Team();
        var detach = SharedOptions.Detach();
        var command = new Command("deploy", "Deploy the services of a workspace.") { workspace, only, rebuild, team, detach };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await OperatorSession.OpenAsync(KyozoHome.FromEnvironment(), parsed.GetRequiredValue(team), cancellationToken);
            var slug = parsed.GetRequiredValue(workspace);
            var id = await session.WorkspaceAsync(slug, cancellationToken);
            var services = new List<Guid>();
            foreach (var name in parsed.GetValue(only) ?? []) services.Add((await session.FindAsync($"{slug}/{name}", cancellationToken)).Id);
            if (services.Count == 0) services = await session.ServicesOfAsync(id, cancellationToken);
            if (services.Count == 0) throw new CommandException($"Workspace {slug} has no services yet. Take some over on its detection page, or with: kyozo up FOLDER");
            return await session.RunAsync(id, DeploymentKind.Deploy, new() { ServiceIds = services, Rebuild = parsed.GetValue(rebuild) }, parsed.GetValue(detach), cancellationToken);
        });
        return command;
    }

    static Command Rollback()
    {
        var workspace = Workspace();
        var release = new Argument<long>("RELEASE") { Description = "Number of the release to go back to." };
        var team = SharedOptions.Team();
        var detach = SharedOptions.Detach();
        var command = new Command("rollback", "Deploy an older release of a workspace.") { workspace, release, team, detach };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await OperatorSession.OpenAsync(KyozoHome.FromEnvironment(), parsed.GetRequiredValue(team), cancellationToken);
            var id = await session.WorkspaceAsync(parsed.GetRequiredValue(workspace), cancellationToken);
            var request = new DeploymentRequest { ServiceIds = await session.ServicesOfAsync(id, cancellationToken), ReleaseNumber = parsed.GetRequiredValue(release) };
            return await session.RunAsync(id, DeploymentKind.Rollback, request, parsed.GetValue(detach), cancellationToken);
        });
        return command;
    }

    static Argument<string> Workspace() => new("WORKSPACE") { Description = "Name of the workspace." };

    static void Show(DeploymentPlan plan)
    {
        AnsiConsole.WriteLine(plan.Summary);
        foreach (var refusal in plan.Refusals) AnsiConsole.MarkupLineInterpolated($"[red]refused[/]: {refusal}");
        if (plan.Services.Count == 0) return;
        var table = new Table().Border(TableBorder.Simple).AddColumns("Wave", "Service", "Change", "Why", "Downtime");
        foreach (var service in plan.Services.OrderBy(service => service.Wave).ThenBy(service => service.Name, StringComparer.Ordinal))
        {
            table.AddRow(new Text($"{service.Wave + 1}"), new Text(service.Name), new Text(StateText.Word(service.Change)),
                new Text(service.Reason), new Text(service.Downtime ? "yes" : "no"));
        }

        AnsiConsole.Write(table);
    }
}
