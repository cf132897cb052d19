using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Retention;

/// <summary>Registration of retention.</summary>
public static class RetentionSetup
{
    /// <summary>Everything of this folder.</summary>
    public static IServiceCollection AddRetention(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RetentionOptions>().Bind(configuration.GetSection("Kyozo:Retention")).ValidateDataAnnotations().ValidateOnStart();
        return services
            .AddSingleton<PartitionAlarm>()
            .AddSingleton<IInterceptor>(services => services.GetRequiredService<PartitionAlarm>())
            .AddSingleton<Rollup>()
            .AddSingleton<Archiver>()
            .AddSingleton<HistoryCleanup>();
    }
}
