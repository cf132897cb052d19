using Kyozo.Engine.Containers;
using Kyozo.Engine.Images;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Cli.Installation;

/// <summary>The container engine and the base images for a command of this machine's administrator; configured by the environment alone.</summary>
static class EngineServices
{
    public static ServiceProvider Create() => new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddEnvironmentVariables().Build())
        .AddLogging()
        .AddContainers()
        .AddImages()
        .BuildServiceProvider();
}
