using Npgsql;
using Quartz;

namespace Kyozo.Worker.Scheduling;

/// <summary>Quartz on PostgreSQL, clustered: any number of workers share one schedule.</summary>
static class QuartzSetup
{
    /// <summary>Key of Quartz's own data source: schema <c>quartz</c>, a pool of its own, so that slow queries elsewhere do not stop the clock (F-29).</summary>
    const string DataSource = "quartz";

    public static IHostApplicationBuilder AddSchedule(this IHostApplicationBuilder builder)
    {
        var when = builder.Configuration.GetSection("Kyozo:Schedule").Get<ScheduleOptions>() ?? new();
        System.ComponentModel.DataAnnotations.Validator.ValidateObject(when, new(when), validateAllProperties: true);
        var jobs = Schedule.Jobs(when);

        var node = WorkerNode.From(builder.Configuration);

        builder.Services.AddSingleton(node);
        builder.Services.AddSingleton(jobs);
        builder.Services.AddSingleton<JobRuns>();
        builder.Services.AddKeyedSingleton<System.Data.Common.DbDataSource>(DataSource, (services, _) => NpgsqlDataSource.Create(ConnectionString(builder.Configuration)));
        builder.Services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(scheduler =>
            {
                scheduler.InstanceName = "kyozo";
                scheduler.InstanceId = node.Name;
            });
            quartz.UseDefaultThreadPool(8);
            quartz.UsePersistentStore(store =>
            {
                store.UsePostgres(source =>
                {
                    source.UseRegisteredDataSource = true;
                    source.DataSourceServiceKey = DataSource;
                });
                store.ConfigureStore(options =>
                {
                    options.SchemaProvisioning = SchemaProvisioning.Validate;
                    options.StoreJobDataAsStrings = true;
                });
                store.UseClustering(cluster =>
                {
                    cluster.CheckinInterval = TimeSpan.FromSeconds(5);
                    cluster.CheckinMisfireThreshold = TimeSpan.FromSeconds(10);
                });
            });
            quartz.AddJobMiddleware<JobRecorder>();
            foreach (var job in jobs) job.Register(quartz);
        });
        builder.Services.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
        return builder;
    }

    static string ConnectionString(IConfiguration configuration) =>
        new NpgsqlConnectionStringBuilder(configuration.GetConnectionString("kyozodb")) { SearchPath = "quartz", ApplicationName = "kyozo-quartz", MaxPoolSize = 12 }.ConnectionString;
}
