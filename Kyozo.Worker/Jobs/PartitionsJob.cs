using Kyozo.Data.Schema;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class PartitionsJob(Partitions partitions) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        context.Result = $"made {(await partitions.EnsureAsync(cancellationToken)).Count} partitions";
}
