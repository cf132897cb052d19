using Kyozo.Engine.Retention;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class HistoryJob(HistoryCleanup cleanup) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var (analyses, logs) = await cleanup.RunAsync(cancellationToken);
        context.Result = $"forgot {analyses} analyses and {logs} build logs";
    }
}
