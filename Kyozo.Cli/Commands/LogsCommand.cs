using System.CommandLine;
using Kyozo.Cli.Installation;
using Kyozo.Data;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo logs SERVICE [--follow] [--tail N]</c>: what a service prints.</summary>
static class LogsCommand
{
    public static Command Create()
    {
        var service = SharedOptions.Service();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with new lines as they come." };
        var tail = new Option<int>("--tail") { Description = "Only the last so many lines of each replica.", DefaultValueFactory = _ => 200 };
        var team = SharedOptions.Team();
        var command = new Command("logs", "Show what a service prints.") { service, follow, tail, team };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await OperatorSession.OpenAsync(KyozoHome.FromEnvironment(), parsed.GetRequiredValue(team), cancellationToken);
            var found = await session.FindAsync(parsed.GetRequiredValue(service), cancellationToken);
            var several = found.Replicas.Wanted > 1;
            try
            {
                await foreach (var line in session.Worker.ReadLogsAsync(session.Actor, found.Id, parsed.GetValue(tail), since: null, parsed.GetValue(follow), cancellationToken))
                {
                    var writer = line.IsError ? Console.Error : Console.Out;
                    await writer.WriteLineAsync(several ? $"{found.Name}-{line.Replica} | {line.Text}" : line.Text);
                }
            }
            catch (OperationCanceledException) when (parsed.GetValue(follow))
            {
                // Ctrl-C is how one stops following.
            }

            return 0;
        });
        return command;
    }
}
