using Kyozo.Engine.Metrics;
using Kyozo.Worker.Scheduling;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class MetricsJob(MetricsCollector collector, JobRuns runs, WorkerNode node) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var last = await runs.LastNodeAsync(context.JobDetail.Key.Name, cancellationToken);
        context.Result = $"stored {await collector.CollectAsync(continues: last == node.Name, cancellationToken)} metrics";
    }
}
