using Kyozo.Engine.Maintenance;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class ReindexJob(TableUpkeep upkeep) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        context.Result = (await upkeep.ReindexAsync(cancellationToken)).ToString();
}
