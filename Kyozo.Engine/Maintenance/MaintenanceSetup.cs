using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Maintenance;

/// <summary>Registration of the database's upkeep and of the reports on it.</summary>
public static class MaintenanceSetup
{
    /// <summary>Everything of this folder.</summary>
    public static IServiceCollection AddMaintenance(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<MaintenanceOptions>().Bind(configuration.GetSection("Kyozo:Maintenance")).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<TableUpkeep>().AddSingleton<DatabaseReports>();
    }
}
