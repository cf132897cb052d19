using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Corrections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Workspaces;

/// <summary>Registration of what concerns workspaces and their folders.</summary>
public static class WorkspacesSetup
{
    /// <summary>Everything of this folder and of <c>Folders</c>.</summary>
    public static IServiceCollection AddWorkspaces(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<ArchiveLimits>(configuration.GetSection("Kyozo:Upload"));
        return services
            .AddSingleton<AllowedRoots>()
            .AddSingleton<WorkspaceCreator>()
            .AddSingleton<WorkspaceUpload>()
            .AddSingleton<WorkspaceFiles>()
            .AddSingleton<WorkspaceDetection>()
            .AddSingleton<DetectionCorrections>()
            .AddSingleton<FolderBrowser>();
    }
}
