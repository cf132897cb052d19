using System.CommandLine;
using System.Text.Json;
using Kyozo.Cli.Installation;
using Kyozo.Cli.Output;
using Kyozo.Data;
using Spectre.Console;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo status [--json]</c>: services, health, replicas and addresses.</summary>
static class StatusCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var team = SharedOptions.Team();
        var command = new Command("status", "Show services, their health, replicas and addresses.") { json, team };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var home = KyozoHome.FromEnvironment();
            await using var session = await OperatorSession.OpenAsync(home, parsed.GetRequiredValue(team), cancellationToken);
            var services = await session.ListAsync(cancellationToken);
            var portal = Addresses.Read(home).Portal;
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(new { Portal = portal, Services = services }, KyozoJson.Indented));
            else Show(portal, services);
            return 0;
        });
        return command;
    }

    static void Show(Uri portal, List<ListedService> services)
    {
        AnsiConsole.MarkupLineInterpolated($"Portal  {portal.GetLeftPart(UriPartial.Authority)}");
        if (services.Count == 0)
        {
            AnsiConsole.WriteLine("No services yet. Deploy a folder with: kyozo up FOLDER");
            return;
        }

        // Narrow, so that an address is not broken on a terminal of 80 columns: it could not be clicked then.
        var table = new Table().Border(TableBorder.None);
        foreach (var column in (string[])["Service", "Workspace", "Type", "Status", "Health", "Replicas", "Address"]) table.AddColumn(new TableColumn(column).Padding(0, 0, 1, 0).NoWrap());
        foreach (var service in services)
        {
            table.AddRow(
                new Text(service.Name), new Text(service.Workspace), new Text(service.Type.ToString().ToLowerInvariant()),
                StateText.Status(service.Status), StateText.Health(service.Health),
                new Text($"{service.Replicas.Running}/{service.Replicas.Wanted}"), new Text(service.Address?.GetLeftPart(UriPartial.Authority) ?? "-"));
        }

        AnsiConsole.Write(table);
        foreach (var service in services.Where(service => service.Reason is not null && service.Status.NeedsAttention()))
            AnsiConsole.MarkupLineInterpolated($"[yellow]{service.Name}[/]: {service.Reason}");
    }
}
