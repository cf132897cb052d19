using Kyozo.Engine.Health;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class HealthChecksJob(HealthMonitor monitor) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        context.Result = $"probed {await monitor.CheckDueAsync(cancellationToken)} services";
}
