using Kyozo.Engine.Retention;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class ArchivalJob(Archiver archiver) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        context.Result = (await archiver.RunAsync(cancellationToken))?.ToString() ?? "another archival or a backup is under way";
}
