using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Metrics;

/// <summary>Registration of the measuring.</summary>
public static class MetricsSetup
{
    /// <summary>Everything of this folder.</summary>
    public static IServiceCollection AddMeasuring(this IServiceCollection services) => services
        .AddSingleton<MetricsStore>()
        .AddSingleton<MetricsCollector>();
}
