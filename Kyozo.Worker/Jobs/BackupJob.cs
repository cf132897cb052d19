using Kyozo.Data.Backups;
using Kyozo.Engine.Backups;
using Kyozo.Worker.Scheduling;
using Microsoft.Extensions.Options;
using Quartz;

namespace Kyozo.Worker.Jobs;

[DisallowConcurrentExecution]
sealed class BackupJob(BackupRunner backups, IOptions<BackupOptions> options, WorkerNode node, ILogger<BackupJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var request = new BackupRequest(null, options.Value.Check, node.Name, JobRecorder.RequesterOf(context));
        var done = await backups.RunAsync(request, step => logger.LogInformation("Backup: {Step}", step), cancellationToken);

        // A backup that is not good is a job that failed, although there is a file.
        if (done.Problem is not null) throw new BackupException(done.Problem);
        context.Result = $"{(done.Status is BackupStatus.Good ? "good" : "not checked")}: {Path.GetFileName(done.File)}, {done.Rows} rows; removed {done.Removed.Count} older";
    }
}
