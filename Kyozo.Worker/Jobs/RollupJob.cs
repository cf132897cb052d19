using Kyozo.Engine.Retention;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class RollupJob(Rollup rollup) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        context.Result = $"made {await rollup.RunAsync(cancellationToken)} buckets";
}
