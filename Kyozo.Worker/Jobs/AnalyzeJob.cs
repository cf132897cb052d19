using Kyozo.Engine.Maintenance;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class AnalyzeJob(TableUpkeep upkeep) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        context.Result = $"analysed {await upkeep.AnalyzeAsync(cancellationToken)} tables";
}
