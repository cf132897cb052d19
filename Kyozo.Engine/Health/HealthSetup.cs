using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Health;

/// <summary>Registration of probes, monitor and updater.</summary>
public static class HealthSetup
{
    /// <summary>Everything of this folder.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services) => services
        .AddSingleton<IProbe, HttpProbe>()
        .AddSingleton<IProbe, TcpProbe>()
        .AddSingleton<IProbe, ExecProbe>()
        .AddSingleton<IProbe, GrpcProbe>()
        .AddSingleton<IProbe, DockerProbe>()
        .AddSingleton<ProbeRunner>()
        .AddSingleton<HealthUpdater>()
        .AddSingleton<HealthMonitor>();
}
