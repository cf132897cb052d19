using Kyozo.Engine.Backups;
using Kyozo.Engine.Containers;
using Kyozo.Engine.DatabaseVolume;
using Kyozo.Engine.Deployments;
using Kyozo.Engine.Engines;
using Kyozo.Engine.Events;
using Kyozo.Engine.Health;
using Kyozo.Engine.Images;
using Kyozo.Engine.Maintenance;
using Kyozo.Engine.Metrics;
using Kyozo.Engine.Reconcile;
using Kyozo.Engine.Retention;
using Kyozo.Engine.Workspaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Kyozo.Engine;

/// <summary>Registration of the product itself: one line per feature folder.</summary>
public static class EngineSetup
{
    /// <summary>Everything that the worker does; needs <c>AddKyozoData</c> and the <see cref="Data.KyozoHome"/>.</summary>
    public static IHostApplicationBuilder AddEngine(this IHostApplicationBuilder builder)
    {
        builder.Services.AddContainers();
        builder.Services.AddImages();
        builder.Services.AddHealth();
        builder.Services.AddDeployments();
        builder.Services.AddReconcile();
        builder.Services.AddDatabaseVolume(builder.Configuration);
        builder.Services.AddMeasuring();
        builder.Services.AddRetention(builder.Configuration);
        builder.Services.AddTrail();
        builder.Services.AddMaintenance(builder.Configuration);
        builder.Services.AddBackups(builder.Configuration);
        builder.Services.AddWorkspaces(builder.Configuration);
        builder.Services.AddSingleton<EngineReports>();
        return builder;
    }
}
