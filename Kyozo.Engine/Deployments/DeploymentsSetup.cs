using Kyozo.Engine.DatabaseVolume;
using Kyozo.Engine.Secrets;
using Kyozo.Engine.ServiceInstances;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Deployments;

/// <summary>Registration of planner, runner and secret store.</summary>
public static class DeploymentsSetup
{
    /// <summary>Everything of this folder; needs database, engine, images and health.</summary>
    public static IServiceCollection AddDeployments(this IServiceCollection services)
    {
        services.AddOptions<DeploymentOptions>().BindConfiguration(DeploymentOptions.Section).ValidateOnStart();
        services.AddOptions<PortOptions>().BindConfiguration(PortOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DeploymentOptions>, DeploymentOptionsValidator>());
        services.TryAddSingleton<DatabaseVolumeState>();
        services.TryAddSingleton<IServiceImages, ServiceImages>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PortOptions>, PortOptionsValidator>());
        return services
            .AddSingleton<Installation>()
            .AddSingleton<SecretStore>()
            .AddSingleton<WorkspaceStateReader>()
            .AddSingleton<DeploymentPreview>()
            .AddSingleton<HealthGate>()
            .AddSingleton<PortBook>()
            .AddSingleton<ServiceAcceptance>()
            .AddSingleton<DeploymentRunner>();
    }
}
