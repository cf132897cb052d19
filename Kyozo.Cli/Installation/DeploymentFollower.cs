using Kyozo.Cli.Output;
using Kyozo.Data.Deployments;
using Microsoft.EntityFrameworkCore;
using Spectre.Console;

namespace Kyozo.Cli.Installation;

/// <summary>Prints the steps of a deployment as they begin and end, until it has ended.</summary>
sealed class DeploymentFollower(OperatorSession session, IAnsiConsole console, ProgressLines progress)
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    readonly Dictionary<Guid, StepStatus> _told = [];

    /// <summary>Follows to the end.</summary>
    /// <returns>The ended deployment.</returns>
    public async Task<Deployment> FollowAsync(Guid deploymentId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (deployment, steps) = await session.ReadAsync(async db => (
                await db.Deployments.SingleAsync(row => row.Id == deploymentId, cancellationToken),
                await (from step in db.DeploymentSteps
                       where step.DeploymentId == deploymentId
                       orderby step.Ordinal
                       select new Line(step.Id, step.Kind, step.Status, step.Detail, db.ServiceInstances.Where(service => service.Id == step.ServiceInstanceId).Select(service => service.Name).FirstOrDefault(), step.StartedAt, step.FinishedAt))
                    .ToListAsync(cancellationToken)));

            foreach (var step in steps) Tell(step);
            if (deployment.Status.HasEnded()) return deployment;
            await Task.Delay(Pause, cancellationToken);
        }
    }

    void Tell(Line step)
    {
        if (step.Status is StepStatus.Pending or StepStatus.Skipped || _told.GetValueOrDefault(step.Id) == step.Status) return;
        _told[step.Id] = step.Status;
        var took = step is { StartedAt: { } from, FinishedAt: { } to } ? $" ({(to - from).TotalSeconds:0.0} s)" : "";
        var (mark, colour) = step.Status switch
        {
            StepStatus.Succeeded => ("✓", Color.Green),
            StepStatus.Failed => ("✗", Color.Red),
            StepStatus.Cancelled => ("-", Color.Grey),
            _ => ("…", Color.Blue),
        };
        var text = $"[{progress.Elapsed:mm\\:ss}] {mark} {StateText.Word(step.Kind),-7} {step.Service}{took}{(step.Detail is null ? "" : "  " + step.Detail)}";
        console.Write(new Text(text, colour).Overflow(Overflow.Fold));
        console.WriteLine();
    }

    sealed record Line(Guid Id, StepKind Kind, StepStatus Status, string? Detail, string? Service, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt);
}
