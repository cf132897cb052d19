using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Images;
using Kyozo.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Images;

/// <summary>The shop's own services built for real: packages come from npm through the build network.</summary>
public sealed class ShopBuildTests(DockerFixture docker)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    ImageBuilder Builder => docker.Services.GetRequiredService<ImageBuilder>();

    [Fact]
    public async Task A_node_service_is_built_with_its_packages_and_answers()
    {
        var log = new List<string>();
        var built = await Builder.BuildAsync(Request("web", ServiceType.Nodejs, 3000), log.Add, Cancel);
        var again = await Builder.BuildAsync(Request("web", ServiceType.Nodejs, 3000), _ => { }, Cancel);

        Assert.False(built.Reused, "the workspace's name is new in every run");
        Assert.Equal((built.ImageId, built.ContentHash, true), (again.ImageId, again.ContentHash, again.Reused));
        Assert.Contains(log, line => line.Contains("npm ci", StringComparison.Ordinal));

        var id = await docker.StartAsync(await docker.SpecAsync("shop-web", [], Cancel) with { Image = built.ImageId, MemoryBytes = 256L << 20 }, Cancel);
        await AnswersAsync(id, "node -e fetch('http://127.0.0.1:3000/health').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))".Split(' ', 3));
        Assert.Contains("Uid:\t1000", await DockerCli.RunAsync(Cancel, "exec", id, "cat", "/proc/self/status"));

        Assert.Equal("1000:1000", await DockerCli.RunAsync(Cancel, "exec", id, "stat", "--format", "%u:%g", "/app"));

        await docker.Runtime.StopContainerAsync(id, TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal(0, (await docker.Runtime.FindContainerAsync(id, Cancel))!.ExitCode);
        // Neither Kyozo's additions nor the host's certificates stay in the image.
        Assert.NotEqual(0, (await DockerCli.TryAsync(Cancel, "run", "--rm", "--network", "none", "--label", $"kyozo.test-run={docker.RunId}", built.ImageId, "ls", "/kyozo")).ExitCode);
    }

    [Fact]
    public async Task A_python_service_without_packages_is_built_without_a_network_and_answers()
    {
        var log = new List<string>();
        var built = await Builder.BuildAsync(Request("prices", ServiceType.Python, 8000), log.Add, Cancel);

        Assert.DoesNotContain(log, line => line.Contains("pip install", StringComparison.Ordinal));
        var id = await docker.StartAsync(await docker.SpecAsync("shop-prices", [], Cancel) with { Image = built.ImageId }, Cancel);
        await AnswersAsync(id, ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health')"]);
        await docker.Runtime.StopContainerAsync(id, TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal(0, (await docker.Runtime.FindContainerAsync(id, Cancel))!.ExitCode);
    }

    [Fact]
    public async Task Static_files_are_served_without_root()
    {
        var folder = Directory.CreateTempSubdirectory("kyozo-static-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "index.html"), "<h1>hello</h1>", Cancel);
        var request = Request("site", ServiceType.Static, 8080) with { WorkspaceRoot = folder, FolderPath = "/" };

        var built = await Builder.BuildAsync(request, _ => { }, Cancel);
        Directory.Delete(folder, recursive: true);

        var id = await docker.StartAsync(await docker.SpecAsync("shop-site", [], Cancel) with { Image = built.ImageId }, Cancel);
        // bash speaks TCP by itself; the image has no other client.
        string[] ask = ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET / HTTP/1.0\r\n\r\n' >&3; grep hello <&3"];
        await AnswersAsync(id, ask);
        Assert.Contains("Uid:\t1000", await DockerCli.RunAsync(Cancel, "exec", id, "cat", "/proc/1/status"));
    }

    Task AnswersAsync(string id, string[] command) => Eventually.TrueAsync("/health answers", TimeSpan.FromSeconds(30), async () =>
    {
        var state = await docker.Runtime.FindContainerAsync(id, Cancel);
        if (state!.Phase == ContainerPhase.Restarting) Assert.Fail(await DockerCli.RunAsync(Cancel, "logs", id));
        return (await docker.Runtime.ExecAsync(id, command, TimeSpan.FromSeconds(5), Cancel)).ExitCode == 0;
    }, Cancel);

    BuildRequest Request(string service, ServiceType type, int port) => new()
    {
        WorkspaceRoot = Samples.Shop,
        WorkspaceSlug = docker.Name("shop"),
        ServiceName = service,
        ServiceType = type,
        FolderPath = $"/{service}",
        Port = port,
        Labels = docker.Labels,
        Config = new DeploymentConfig(),
    };
}
