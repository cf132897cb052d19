using Kyozo.Engine.DatabaseVolume;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Kyozo.Engine.Metrics;

/// <summary>Registration of the measuring.</summary>
public static class MetricsSetup
{
    /// <summary>Everything of this folder.</summary>
    public static IServiceCollection AddMeasuring(this IServiceCollection services)
    {
        services.TryAddSingleton<DatabaseVolumeState>();
        return services
            .AddSingleton<MetricsStore>()
            .AddSingleton<MetricsCollector>();
    }
}
