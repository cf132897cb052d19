using Kyozo.Cli.Output;
using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Microsoft.EntityFrameworkCore;
using Spectre.Console;

namespace Kyozo.Cli.Installation;

/// <summary>From a folder to running services: workspace, analysis, take-over of what is sure enough, deployment, health. Done again it changes only what changed.</summary>
sealed class FolderDeployment(KyozoHome home, OperatorSession session, TimeProvider clock, ProgressLines progress)
{
    /// <summary>From here on a finding is deployed without asking (DESIGN §6).</summary>
    const double Sure = 0.8;

    /// <summary>Below it is not worth a question.</summary>
    const double Unlikely = 0.3;

    static readonly TimeSpan HealthPatience = TimeSpan.FromSeconds(180);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <param name="folder">Real path.</param>
    /// <param name="accepted">Names that are deployed however unsure they are.</param>
    /// <param name="cancellationToken">Stops waiting; what the worker has begun it ends.</param>
    /// <returns>0 when every service is healthy.</returns>
    public async Task<int> RunAsync(string folder, IReadOnlyCollection<string> accepted, CancellationToken cancellationToken)
    {
        Allow(folder);
        var workspaceId = await WorkspaceAsync(folder, cancellationToken);
        progress.Say($"Analysing {folder}");
        var detection = await session.Worker.DetectAsync(session.Actor, workspaceId, cancellationToken);
        var chosen = Choose(detection.Topology, folder, accepted);
        if (chosen.Count == 0) throw new CommandException($"No service in {folder} is sure enough to be deployed without a question. Deploy one with: ./kyozo up {folder} --accept NAME");

        var services = await session.Worker.AcceptServicesAsync(session.Actor, workspaceId, new(detection.DetectionId, chosen), cancellationToken);
        progress.Say($"Deploying {string.Join(", ", chosen)}");
        var exit = await session.RunAsync(workspaceId, DeploymentKind.Deploy, new() { ServiceIds = services.ServiceIds }, detach: false, cancellationToken, progress);
        return exit != 0 ? exit : await WaitUntilHealthyAsync(services.ServiceIds, cancellationToken);
    }

    // The worker takes only folders under an allowed root; whoever may run this command may allow one.
    void Allow(string folder)
    {
        var file = home.AllowedRootsFile;
        if (File.Exists(file) && File.ReadLines(file).Contains(folder)) return;
        File.AppendAllText(file, folder + "\n");
    }

    async Task<Guid> WorkspaceAsync(string folder, CancellationToken cancellationToken)
    {
        var known = await session.ReadAsync(db => db.Workspaces
            .Where(workspace => workspace.RootPath == folder && workspace.DeletedAt == null)
            .Select(workspace => (Guid?)workspace.Id).FirstOrDefaultAsync(cancellationToken));
        if (known is { } id) return id;

        var created = await session.Worker.CreateWorkspaceAsync(session.Actor, new(Path.GetFileName(folder), folder), cancellationToken);
        progress.Say($"Made workspace {created.Slug}");
        return created.Id;
    }

    List<string> Choose(FolderTopology topology, string folder, IReadOnlyCollection<string> accepted)
    {
        foreach (var name in accepted.Where(name => topology.Services.All(service => service.Name != name)))
            throw new CommandException($"There is no service {name} in {folder}. Found were: {string.Join(", ", topology.Services.Select(service => service.Name))}");

        var chosen = new List<string>();
        foreach (var service in topology.Services)
        {
            var sure = service.Confidence >= Sure || accepted.Contains(service.Name);
            if (!sure && service.Confidence >= Unlikely && CanAsk) sure = Ask(service);
            if (sure) chosen.Add(service.Name);
            progress.Say($"{(sure ? "Found" : "Left out")} {service.Name} ({service.Type.Word()}{(service.Framework is null ? "" : ", " + service.Framework)}, {service.Confidence:0.00})"
                + (sure ? "" : $"   deploy it with: ./kyozo up {folder} --accept {service.Name}"));
        }

        return chosen;
    }

    static bool CanAsk => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    static bool Ask(DetectedService service)
    {
        var why = service.Evidence.Count > 0 ? $", because of {service.Evidence[0].Signal} in {service.Evidence[0].File}" : "";
        return AnsiConsole.Confirm(Markup.Escape($"{service.Name} looks like {service.Type.Word()} ({service.Confidence:0.00}){why}. Deploy it?"));
    }

    async Task<int> WaitUntilHealthyAsync(IReadOnlyList<Guid> serviceIds, CancellationToken cancellationToken)
    {
        progress.Say("Waiting until every service is healthy");
        var since = clock.GetTimestamp();
        while (true)
        {
            var services = (await session.ListAsync(cancellationToken)).FindAll(service => serviceIds.Contains(service.Id));
            var waiting = services.FindAll(service => service is not { Status: ServiceStatus.Running, Health: HealthState.Healthy });
            if (waiting.Count == 0)
            {
                ShowAddresses(services);
                return 0;
            }

            if (clock.GetElapsedTime(since) > HealthPatience)
            {
                foreach (var service in waiting)
                    progress.Say($"{service.Name} is {StateText.Word(service.Status)}, health {StateText.Word(service.Health)}{(service.Reason is null ? "" : ": " + service.Reason)}   see: ./kyozo logs {service.Workspace}/{service.Name}");
                return 1;
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    void ShowAddresses(List<ListedService> services)
    {
        progress.Say($"All {services.Count} services are healthy");
        progress.Show();
        var width = services.Max(service => service.Name.Length);
        foreach (var service in services) progress.Show($"  {service.Name.PadRight(width)}  {service.Address?.GetLeftPart(UriPartial.Authority) ?? "(no published port)"}");
    }
}
