using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Engine.Retention;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Events;

/// <summary>Registration of what keeps and checks the trail.</summary>
public static class EventsSetup
{
    /// <summary>Everything of this folder; needs <see cref="MaintenanceDataSource"/> and <see cref="KyozoHome"/>.</summary>
    public static IServiceCollection AddTrail(this IServiceCollection services) => services
        .AddSingleton<AnchorFile>()
        .AddSingleton<AnchorWriter>()
        .AddSingleton<IArchivalFollower, AnchorAtArchival>()
        .AddSingleton(provider => new TrailVerifier(
            provider.GetRequiredService<MaintenanceDataSource>().OpenAsync, provider.GetRequiredService<KyozoHome>(), provider.GetRequiredService<TimeProvider>()));
}
