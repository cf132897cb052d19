using Kyozo.Data;
using Kyozo.Engine.Folders;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class StagingSweepJob(KyozoHome home) : IJob
{
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        context.Result = $"removed {StagingSweep.Run(home.Staging)} uploads";
        return ValueTask.CompletedTask;
    }
}
