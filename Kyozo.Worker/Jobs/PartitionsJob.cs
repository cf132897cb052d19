using Kyozo.Data.Schema;
using Kyozo.Engine.Retention;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class PartitionsJob(Partitions partitions, PartitionAlarm alarm) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            context.Result = $"made {(await partitions.EnsureAsync(cancellationToken)).Count} partitions";
        }
        finally
        {
            // Above all when none could be made.
            await alarm.CheckAsync(cancellationToken);
        }
    }
}
