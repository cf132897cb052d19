using Kyozo.Data;
using Npgsql;
using Quartz;

namespace Kyozo.Worker.Scheduling;

/// <summary>
/// Around every job: a lock of its own in the database, and a row in <c>job_runs</c>. Quartz alone does not promise that a job runs on one node only:
/// a node that misses its check-in though alive is taken for dead, and its job started elsewhere (F-37).
/// </summary>
sealed class JobRecorder([FromKeyedServices(KyozoDataSetup.ControlPool)] NpgsqlDataSource database, JobRuns runs, WorkerNode node) : IJobExecutionMiddleware
{
    /// <summary>Key of the job's data under which "run now" names the person.</summary>
    public const string RequestedBy = "requested-by";

    /// <summary>Who pressed "run now", or null for the schedule.</summary>
    public static Guid? RequesterOf(IJobExecutionContext context) =>
        Guid.TryParse(context.MergedJobDataMap.TryGetValue(RequestedBy, out var by) ? by as string : null, out var user) ? user : null;

    public async ValueTask Invoke(IJobExecutionContext context, JobExecutionDelegate next, CancellationToken cancellationToken)
    {
        var job = context.JobDetail.Key.Name;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (!await AskAsync(connection, "SELECT pg_try_advisory_lock(hashtextextended('kyozo:job:' || $1, 0))", job)) return;
        try
        {
            await RecordAsync(job, context, next, cancellationToken);
        }
        finally
        {
            // A pooled connection keeps its session's locks until it is used again (SAFETY M28).
            if (connection.State is System.Data.ConnectionState.Open)
                await AskAsync(connection, "SELECT pg_advisory_unlock(hashtextextended('kyozo:job:' || $1, 0))", job);
        }
    }

    async Task RecordAsync(string job, IJobExecutionContext context, JobExecutionDelegate next, CancellationToken cancellationToken)
    {
        var run = await runs.BeginAsync(job, node.Name, RequesterOf(context), cancellationToken);
        try
        {
            await next(context, cancellationToken);
        }
        catch (Exception e)
        {
            // Also when the worker stops: the books are closed all the same.
            await runs.EndAsync(run, succeeded: false, e is OperationCanceledException ? "Stopped." : e.GetBaseException().Message, CancellationToken.None);
            throw;
        }

        await runs.EndAsync(run, succeeded: true, context.Result as string, CancellationToken.None);
    }

    static async Task<bool> AskAsync(NpgsqlConnection connection, string sql, string job)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new() { Value = job });
        return (bool)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }
}
