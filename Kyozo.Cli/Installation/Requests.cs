using Kyozo.Cli.Output;
using Kyozo.Data.Deployments;
using Kyozo.Data.WorkerApi;
using Spectre.Console;

namespace Kyozo.Cli.Installation;

/// <summary>Files a deployment and tells how it goes.</summary>
static class Requests
{
    /// <summary>Lines of the build log that are shown when a deployment fails; the rest is at the place that the message names.</summary>
    const int ShownLogLines = 20;

    /// <param name="session">Who asks.</param>
    /// <param name="workspaceId">Where.</param>
    /// <param name="kind">What.</param>
    /// <param name="request">On which services.</param>
    /// <param name="detach">Return as soon as it is filed.</param>
    /// <param name="cancellationToken">Stops following; the worker goes on.</param>
    /// <param name="progress">Lines of the longer command that this is part of, or null: the time then counts from here.</param>
    /// <returns>0 when it succeeded (or was only filed), 1 when it failed or was cancelled.</returns>
    public static async Task<int> RunAsync(
        this OperatorSession session, Guid workspaceId, DeploymentKind kind, DeploymentRequest request, bool detach, CancellationToken cancellationToken,
        ProgressLines? progress = null)
    {
        var filed = await session.Deployments.RequestAsync(session.Actor, workspaceId, kind, request, reason: null, cancellationToken);
        if (detach)
        {
            AnsiConsole.MarkupLineInterpolated($"Deployment {filed.Number} is queued.");
            return 0;
        }

        var ended = await new DeploymentFollower(session, AnsiConsole.Console, progress ?? ProgressLines.OnConsole()).FollowAsync(filed.Id, cancellationToken);
        var succeeded = ended.Status == DeploymentStatus.Succeeded;
        AnsiConsole.Write(new Text($"Deployment {ended.Number} {ended.Status.ToString().ToLowerInvariant()}: {ended.Outcome}\n", succeeded ? Color.Green : Color.Red));
        if (!succeeded) await ShowFailedBuildAsync(session, ended, cancellationToken);
        return succeeded ? 0 : 1;
    }

    static async Task ShowFailedBuildAsync(OperatorSession session, Deployment deployment, CancellationToken cancellationToken)
    {
        var failed = await session.FailedServicesAsync(deployment.Id, cancellationToken);
        foreach (var (serviceId, name) in failed)
        {
            var lines = new Queue<WorkerLogLine>(ShownLogLines);
            await foreach (var line in session.Worker.ReadBuildLogAsync(session.Actor, deployment.Id, serviceId, cancellationToken))
            {
                if (lines.Count == ShownLogLines) lines.Dequeue();
                lines.Enqueue(line);
            }

            if (lines.Count == 0) continue;
            AnsiConsole.MarkupLineInterpolated($"Last lines of {name}:");
            foreach (var line in lines) Console.WriteLine("  " + line.Text);
        }
    }
}
