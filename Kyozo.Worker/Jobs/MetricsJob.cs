using Kyozo.Engine.Metrics;
using Kyozo.Engine.Retention;
using Kyozo.Worker.Scheduling;
using Npgsql;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class MetricsJob(MetricsCollector collector, PartitionAlarm alarm, JobRuns runs, WorkerNode node) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var last = await runs.LastNodeAsync(context.JobDetail.Key.Name, cancellationToken);
        var droppedBefore = collector.Dropped;
        try
        {
            var stored = await collector.CollectAsync(continues: last == node.Name, cancellationToken);
            var dropped = collector.Dropped - droppedBefore;
            context.Result = dropped == 0 ? $"stored {stored} metrics" : $"dropped {dropped} metrics: the database's disk is nearly full";
        }
        catch (PostgresException e)
        {
            // Metrics go past EF, whose writes the alarm sees by itself.
            await alarm.ReportAsync(e, cancellationToken);
            throw;
        }
    }
}
