using Kyozo.Engine.Events;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class AnchorsJob(AnchorWriter anchors) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        context.Result = $"made {(await anchors.RunAsync(cancellationToken)).Anchored} anchors";
}
