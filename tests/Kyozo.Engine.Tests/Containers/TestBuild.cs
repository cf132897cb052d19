using System.Formats.Tar;
using System.Text;
using Kyozo.Engine.Containers;
using Kyozo.Testing;

namespace Kyozo.Engine.Tests.Containers;

static class TestBuild
{
    /// <summary>Builds a Dockerfile that copies nothing.</summary>
    public static async Task<ImageInfo> RunAsync(DockerFixture docker, string purpose, string dockerfile, Action<string> output, CancellationToken cancellationToken)
    {
        using var context = new MemoryStream();
        using (var tar = new TarWriter(context, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "Dockerfile") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(dockerfile)) });
        }

        context.Position = 0;
        return await docker.Runtime.BuildImageAsync(
            new() { Tag = $"kyozo-test/{purpose}:{docker.RunId}", Dockerfile = "Dockerfile", Labels = docker.Labels }, context, output, cancellationToken);
    }
}
