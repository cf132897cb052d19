using System.Net;
using System.Net.Sockets;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Images;
using Kyozo.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Images;

/// <summary>Folders with a Dockerfile of their own, on the real engine (SAFETY ).</summary>
public sealed class OwnDockerfileTests(DockerFixture docker) : IDisposable
{
    readonly string _root = Directory.CreateTempSubdirectory("kyozo-own-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    ImageBuilder Builder => docker.Services.GetRequiredService<ImageBuilder>();

    [Fact]
    public async Task The_image_holds_the_files_and_no_secret()
    {
        await docker.BaseImageAsync(Cancel);
        Write("svc/Dockerfile", "FROM kyozo/base-debian:12\nCOPY . /app\nUSER 1000:1000\nCMD [\"sleep\", \"600\"]\n");
        Write("svc/.dockerignore", "notes\n!.env\n");
        foreach (var path in new[] { "svc/app.js", "svc/.env", "svc/.git/config", "svc/key.pem", "svc/id_ed25519", "svc/node_modules/a.js", "svc/notes/a", "outside" }) Write(path, "x");

        var log = new List<string>();
        var built = await Builder.BuildAsync(Request("holds"), log.Add, Cancel);

        var files = await DockerCli.RunAsync(Cancel, "run", "--rm", "--network", "none", "--label", $"kyozo.test-run={docker.RunId}", built.ImageId, "find", "/app", "-type", "f");
        Assert.Equal(["/app/.dockerignore", "/app/Dockerfile", "/app/app.js"], files.Split('\n').Order(StringComparer.Ordinal));
        Assert.Contains(log, line => line.StartsWith("left out: 5 ×", StringComparison.Ordinal));
        Assert.Equal(built.ContentHash, await Builder.HashAsync(Request("holds"), Cancel));
    }

    [Fact]
    public async Task Another_workspaces_image_is_out_of_reach()
    {
        var secret = await Containers.TestBuild.RunAsync(docker, "secret", $"FROM {await docker.BaseImageAsync(Cancel)}\nRUN echo geheim > /secret\n", _ => { }, Cancel);
        var reference = $"kyozo/other-{docker.RunId}:1";
        await docker.Runtime.TagImageAsync(secret.Id, reference, Cancel);
        Write("svc/Dockerfile", $"FROM kyozo/base-debian:12\nCOPY --from={reference} /secret /x\n");

        var refused = await Assert.ThrowsAsync<DockerfilePolicyException>(() => Builder.BuildAsync(Request("steals"), _ => { }, Cancel));
        Assert.Equal(2, Assert.Single(refused.Violations).Line);
        await Assert.ThrowsAsync<ImagePullException>(() => Builder.BuildAsync(Request("steals") with { Config = new() { Image = reference } }, _ => { }, Cancel));
        await docker.Runtime.RemoveImageAsync(reference, Cancel);
    }

    [Fact]
    public async Task A_remote_ADD_reaches_nobody()
    {
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        Write("svc/Dockerfile", $"FROM kyozo/base-debian:12\nADD http://127.0.0.1:{((IPEndPoint)canary.LocalEndpoint).Port}/s.txt /\n");

        await Assert.ThrowsAsync<DockerfilePolicyException>(() => Builder.BuildAsync(Request("fetches"), _ => { }, Cancel));

        Assert.False(canary.Pending());
    }

    [Theory]
    [InlineData("../Dockerfile")]
    [InlineData("/etc/passwd")]
    [InlineData("svc/link")]
    [InlineData("svc/missing")]
    public async Task A_Dockerfile_outside_the_workspace_is_refused(string dockerfile)
    {
        Write("svc/app.js", "x");
        File.CreateSymbolicLink(Path.Combine(_root, "svc", "link"), "/etc/passwd");

        await Assert.ThrowsAsync<BuildContextException>(() => Builder.BuildAsync(Request("outside") with { Config = new() { Dockerfile = dockerfile } }, _ => { }, Cancel));
    }

    [Theory]
    [InlineData("/../outside")]
    [InlineData("/missing")]
    public async Task A_folder_outside_the_workspace_is_refused(string folder)
    {
        await Assert.ThrowsAsync<BuildContextException>(() => Builder.BuildAsync(Request("outside") with { FolderPath = folder }, _ => { }, Cancel));
    }

    [Fact]
    public async Task Base_images_that_are_there_are_not_made_again()
    {
        await docker.BaseImageAsync(Cancel);
        var lines = new List<string>();

        await docker.Services.GetRequiredService<BaseImageBootstrap>().EnsureAsync(["debian"], lines.Add, Cancel);

        Assert.Empty(lines);
        await Assert.ThrowsAsync<BaseImageUnavailableException>(() => docker.Services.GetRequiredService<BaseImageBootstrap>().EnsureAsync(["mongodb"], lines.Add, Cancel));
        await Assert.ThrowsAsync<BaseImageUnavailableException>(() => docker.Services.GetRequiredService<BaseImageStore>().EnsureAsync("mysql", lines.Add, Cancel));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, path))!);
        File.WriteAllText(Path.Combine(_root, path), content);
    }

    BuildRequest Request(string service) => new()
    {
        WorkspaceRoot = _root,
        WorkspaceSlug = docker.Name("own"),
        ServiceName = service,
        ServiceType = ServiceType.Dockerfile,
        FolderPath = "/svc",
        Labels = docker.Labels,
        Config = new DeploymentConfig { Dockerfile = "svc/Dockerfile" },
    };
}
