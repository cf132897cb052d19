using Kyozo.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Images;

/// <summary>Registration of base images and builds.</summary>
public static class ImagesSetup
{
    /// <summary><see cref="BaseImageStore"/>, <see cref="BaseImageBootstrap"/>, <see cref="ImageBuilder"/>; needs <c>AddContainers</c>.</summary>
    public static IServiceCollection AddImages(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => KyozoHome.FromEnvironment());
        services.AddOptions<ImageOptions>().BindConfiguration(ImageOptions.Section).ValidateOnStart();
        services.AddOptions<BuildOptions>().BindConfiguration(BuildOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ImageOptions>, ImageOptionsValidator>();
        services.AddSingleton<IValidateOptions<BuildOptions>, BuildOptionsValidator>();
        services.AddSingleton<DebianRoot>();
        services.AddSingleton<BuildNetwork>();
        services.AddSingleton<BaseImageBootstrap>();
        services.AddSingleton<RegistrySilence>();
        services.AddSingleton<BaseImageStore>();
        services.AddSingleton<ImageBuilder>();
        return services;
    }
}
