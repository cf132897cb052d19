using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Deployments;
using Kyozo.Engine.Images;
using Kyozo.Testing;

namespace Kyozo.Engine.Tests.Deployments;

/// <summary>Images made in a moment from a base image and a start command: the deployment is under test, not the build. The start command is the service's <c>StartCommand</c>, run by a shell.</summary>
sealed class TestImages(DockerFixture docker) : IServiceImages
{
    /// <summary>Services (by name) whose build fails, with the line it ends on.</summary>
    public ConcurrentDictionary<string, string> Broken { get; } = new();

    /// <summary>Held while a build runs, so that a test can stop in the middle.</summary>
    public Func<string, CancellationToken, Task> Building { get; set; } = (_, _) => Task.CompletedTask;

    public int Builds;

    public async Task<BuiltImage> BuildAsync(WorkspaceState state, ServiceInstance service, Action<string> log, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Builds);
        log($"building {service.Name}");
        await Building(service.Name, cancellationToken);
        if (Broken.TryGetValue(service.Name, out var line)) throw new ImageBuildException(line, [line]) { Step = "RUN npm ci" };

        var content = Content(service);
        var tag = $"{docker.Name("deploy")}-{service.Id:N}:{content[..12]}";
        if (await docker.Runtime.FindImageAsync(tag, cancellationToken) is { } there) return new(there.Id, content, true);

        var folder = Directory.CreateTempSubdirectory("kyozo-image-");
        try
        {
            var command = System.Text.Json.JsonSerializer.Serialize(new[] { "sh", "-c", service.DeploymentConfig.StartCommand });
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Dockerfile"),
                $"FROM {await BaseAsync(cancellationToken)}\nUSER 65534\nWORKDIR /tmp\nCMD {command}\n", cancellationToken);
            await DockerCli.RunAsync(cancellationToken, ["build", "--quiet", "--tag", tag, .. docker.Labels.SelectMany(l => new[] { "--label", $"{l.Key}={l.Value}" }), folder.FullName]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return new((await docker.Runtime.FindImageAsync(tag, cancellationToken))!.Id, content, false);
    }

    public Task<string?> ContentAsync(WorkspaceState state, ServiceInstance service, CancellationToken cancellationToken) => Task.FromResult<string?>(Content(service));

    Task<string> BaseAsync(CancellationToken cancellationToken) =>
        ((BaseImageStore)docker.Services.GetService(typeof(BaseImageStore))!).EnsureAsync("python", _ => { }, cancellationToken);

    static string Content(ServiceInstance service) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(service.DeploymentConfig.StartCommand + service.DeploymentConfig.Version)));
}
