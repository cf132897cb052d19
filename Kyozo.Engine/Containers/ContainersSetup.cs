using Kyozo.Engine.Containers.Docker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Containers;

/// <summary>Registration of the container engine.</summary>
public static class ContainersSetup
{
    /// <summary><see cref="IContainerRuntime"/> over the Docker engine of configuration section <c>Docker</c>, and what keeps its networks from this machine.</summary>
    public static IServiceCollection AddContainers(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<DockerOptions>().BindConfiguration(DockerOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DockerOptions>, DockerOptionsValidator>();
        services.AddOptions<WorkspaceNetworkOptions>().BindConfiguration(WorkspaceNetworkOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<WorkspaceNetworkOptions>, WorkspaceNetworkOptionsValidator>();
        services.TryAddSingleton<IContainerRuntime, DockerRuntime>();
        services.TryAddSingleton<WorkspaceNetworkGuard>();
        return services;
    }
}
