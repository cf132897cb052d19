using Kyozo.Engine.Maintenance;
using Kyozo.Engine.Retention;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class ArchivalJob(Archiver archiver, TableUpkeep upkeep) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var done = await archiver.RunAsync(cancellationToken);
        context.Result = done?.ToString() ?? "another archival or a backup is under way";
        if (done is null || done.Archived.Count + done.Dropped.Count == 0) return;
        context.Result += $"; vacuumed {await upkeep.VacuumAsync(cancellationToken)} tables";
    }
}
