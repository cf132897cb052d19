using Kyozo.Worker.Scheduling;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class JobRunsCleanupJob(JobRuns runs) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        context.Result = $"forgot {await runs.CleanUpAsync(cancellationToken)} runs";
}
