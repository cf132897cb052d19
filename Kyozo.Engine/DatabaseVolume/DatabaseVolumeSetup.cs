using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.DatabaseVolume;

/// <summary>Registration of the watch over the database's disk.</summary>
public static class DatabaseVolumeSetup
{
    /// <summary>Everything of this folder; <see cref="DatabaseVolumeWatch"/> needs <c>AddKyozoMaintenance</c>.</summary>
    public static IServiceCollection AddDatabaseVolume(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DatabaseVolumeOptions>().Bind(configuration.GetSection("Kyozo:DatabaseVolume")).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<DatabaseVolumeWatch>();
    }
}
