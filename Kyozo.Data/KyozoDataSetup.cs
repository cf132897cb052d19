using Kyozo.Data.Deployments;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Kyozo.Data;

/// <summary>Brings the database into a process.</summary>
public static class KyozoDataSetup
{
    /// <summary>Name of the connection string of each process, with its own role.</summary>
    public const string ConnectionName = "kyozodb";

    /// <summary>Name of the worker's second connection string, with the role <c>kyozo_maintenance</c>.</summary>
    public const string MaintenanceConnectionName = "kyozodb_maintenance";

    /// <summary>Name of the worker's third connection string, with the role <c>kyozo_backup</c>.</summary>
    public const string BackupConnectionName = "kyozodb_backup";

    /// <summary>Key of the data source that leases and the schedule's locks have for themselves (F-29).</summary>
    public const string ControlPool = "control";

    const int ControlPoolSize = 16;
    const int NpgsqlDefaultTimeout = 15;

    /// <summary>Registers <see cref="NpgsqlDataSource"/>, pooled <see cref="KyozoContext"/>s, <see cref="CurrentActor"/>, <see cref="EventLog"/>, <see cref="AccessControl"/> and <see cref="PermissionGrants"/> over <c>ConnectionStrings:kyozodb</c>.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="requireDatabase">False for a process that must also start without its database (the gateway); it then calls <see cref="SchemaVersion"/> itself.</param>
    public static T AddKyozoData<T>(this T builder, bool requireDatabase = true) where T : IHostApplicationBuilder
    {
        var connectionString = Require(builder.Configuration, ConnectionName);
        builder.Services.AddKyozoData(connectionString, builder.Environment.ApplicationName);
        if (requireDatabase) builder.Services.AddHostedService<DatabaseGate>();
        return builder;
    }

    /// <summary>Registers <see cref="MaintenanceDataSource"/> and <see cref="Partitions"/> over <c>ConnectionStrings:kyozodb_maintenance</c>.</summary>
    public static T AddKyozoMaintenance<T>(this T builder) where T : IHostApplicationBuilder
    {
        var connectionString = Require(builder.Configuration, MaintenanceConnectionName);
        builder.Services.AddSingleton(new MaintenanceDataSource(connectionString));
        builder.Services.AddSingleton<Partitions>();
        return builder;
    }

    /// <summary>The same for a program without a host (command line, tests).</summary>
    /// <param name="services">The services.</param>
    /// <param name="connectionString">Connection string with the program's role.</param>
    /// <param name="applicationName">Name that PostgreSQL shows for its connections.</param>
    public static IServiceCollection AddKyozoData(this IServiceCollection services, string connectionString, string applicationName)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => CreateDataSource(connectionString, applicationName));
        services.AddSingleton<CurrentActor>();
        services.AddSingleton<TenancyInterceptor>();
        services.AddPooledDbContextFactory<KyozoContext>((provider, options) =>
        {
            options.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>(), KyozoNpgsql.Configure);
            options.AddInterceptors([provider.GetRequiredService<TenancyInterceptor>(), .. provider.GetServices<IInterceptor>()]);
            KyozoContext.Configure(options);
        });

        // Identity's stores want a context of their scope.
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContext());
        services.AddSingleton<EventLog>();
        services.AddSingleton<AccessControl>();
        services.AddSingleton<PermissionGrants>();
        services.AddSingleton<FirstRun>();
        services.AddSingleton<DeploymentQueue>();
        services.AddKeyedSingleton(ControlPool, (_, _) => CreateDataSource(
            new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = ControlPoolSize, MinPoolSize = 0 }.ConnectionString, $"{applicationName} ({ControlPool})"));
        services.AddSingleton(provider => new DeploymentLeases(
            new ControlContexts(provider.GetRequiredKeyedService<NpgsqlDataSource>(ControlPool), provider.GetRequiredService<TenancyInterceptor>())));
        return services;
    }

    static NpgsqlDataSource CreateDataSource(string connectionString, string applicationName)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        var settings = builder.ConnectionStringBuilder;
        if (string.IsNullOrEmpty(settings.ApplicationName)) settings.ApplicationName = applicationName;
        // Planning over a hundred partitions costs more than running (DESIGN §5).
        if (settings.MaxAutoPrepare == 0) settings.MaxAutoPrepare = 100;
        // An exhausted pool or a lost server must not freeze a page (SAFETY M40).
        if (settings.Timeout == NpgsqlDefaultTimeout) settings.Timeout = 5;
        // Without the reset a connection would hand its actor on to the next (SAFETY M28).
        settings.NoResetOnClose = false;
        return builder.Build();
    }

    static string Require(IConfiguration configuration, string name) =>
        configuration.GetConnectionString(name) is { Length: > 0 } connectionString
            ? connectionString
            : throw new InvalidOperationException($"ConnectionStrings:{name} is not set. Start Kyozo with `kyozo up` or the AppHost, or set the environment variable ConnectionStrings__{name}.");
}
