using Kyozo.Data.Topology;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Images;

namespace Kyozo.Cli.Installation;

/// <summary>Has the base images of a folder's services made or pulled while the rest of Kyozo starts: on a fresh machine both take a minute.</summary>
static class BaseImagePreparation
{
    /// <summary>Prepares what is known to be needed. What cannot be had is only told: the deployment says it of the service that needs it.</summary>
    public static async Task PrepareAsync(BaseImageStore store, IEnumerable<DetectedService> services, Action<string> say, CancellationToken cancellationToken)
    {
        var names = services.Where(service => service.Image is null && service.Dockerfile is null).Select(NameFor).OfType<string>().Distinct().ToList();
        await Task.WhenAll(names.Select(async name =>
        {
            try
            {
                await store.EnsureAsync(name, say, cancellationToken);
            }
            catch (Exception e) when (e is BaseImageUnavailableException or ImageBuildException or EngineUnavailableException)
            {
                say(e.Message);
            }
        }));
    }

    static string? NameFor(DetectedService service) => service.Type switch
    {
        ServiceType.Nodejs => "node",
        ServiceType.Python => "python",
        ServiceType.Static => "static",
        var type => BackingImages.Find(type)?.BaseImage,
    };
}
