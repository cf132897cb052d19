using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Engines;
using Kyozo.Engine.Maintenance;
using Kyozo.Worker.Scheduling;
using Quartz;

namespace Kyozo.Worker.Api;

/// <summary>Endpoints for installation administrators: jobs, engine, database.</summary>
static class OperationsApi
{
    public static void MapOperations(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/jobs", async (IReadOnlyList<Job> jobs, IScheduler scheduler, CancellationToken cancellationToken) =>
            {
                var listed = new List<ScheduledJob>(jobs.Count);
                foreach (var job in jobs)
                {
                    var trigger = await scheduler.GetTrigger(job.Trigger, cancellationToken);
                    listed.Add(new(job.Name, job.Description, job.When, trigger?.NextFireTimeUtc));
                }

                return TypedResults.Ok(listed);
            })
            .Requires(WorkerOperation.ReadJobs);

        routes.MapPost("/jobs/{name}/run", async (HttpContext context, string name, IReadOnlyList<Job> jobs, IScheduler scheduler, CancellationToken cancellationToken) =>
            {
                var job = jobs.FirstOrDefault(j => j.Name == name) ?? throw new RequestRefusedException($"There is no job {name}.");
                await scheduler.TriggerJob(job.Key, new JobDataMap { [JobRecorder.RequestedBy] = context.Actor().UserId.ToString() }, cancellationToken);
                return TypedResults.Ok(new JobRequested(name));
            })
            .Requires(WorkerOperation.RunJob);

        routes.MapGet("/engine", async (EngineReports reports, CancellationToken cancellationToken) =>
                TypedResults.Ok(await reports.ReadAsync(cancellationToken)))
            .Requires(WorkerOperation.ReadEngine);

        routes.MapGet("/database", async (DatabaseReports reports, CancellationToken cancellationToken) =>
                TypedResults.Ok(await reports.ReadAsync(cancellationToken)))
            .Requires(WorkerOperation.ReadDatabase);
    }
}
