using Kyozo.Engine.Containers;
using Kyozo.Testing;

namespace Kyozo.Engine.Tests.Containers;

public sealed class DockerBuildTests(DockerFixture docker)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_failed_build_names_the_step_and_the_first_failing_line()
    {
        var from = $"FROM {await docker.BaseImageAsync(Cancel)}";
        var output = new List<string>();

        var failure = await Assert.ThrowsAsync<ImageBuildException>(() => TestBuild.RunAsync(
            docker, "fails", $"{from}\nRUN echo fine\nRUN echo going on; echo 'app.ts(3,7): error TS2304: Cannot find name x.'; echo 'npm ERR! code 2'; exit 2\nRUN echo never\n", output.Add, Cancel));

        Assert.Matches("^Step 3/. : RUN echo going on", failure.Step);
        Assert.Equal("app.ts(3,7): error TS2304: Cannot find name x.", failure.FirstFailingLine);
        Assert.Contains("TS2304", failure.Message);
        Assert.Contains("exit 2", failure.LastLines[^1]);
        Assert.Contains(output, line => line.StartsWith("Step 2/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_build_has_no_network_unless_it_is_given_one()
    {
        var image = await TestBuild.RunAsync(docker, "no-network", $"FROM {await docker.BaseImageAsync(Cancel)}\nRUN cat /proc/net/dev > /interfaces\n", _ => { }, Cancel);

        var interfaces = await DockerCli.RunAsync(Cancel, "run", "--rm", "--network", "none", "--label", $"kyozo.test-run={docker.RunId}", image.Id, "cat", "/interfaces");
        Assert.DoesNotContain("eth0", interfaces);
    }

    [Fact]
    public async Task What_a_built_image_says_of_itself_is_read_back()
    {
        var image = await TestBuild.RunAsync(docker, "reads", $"FROM {await docker.BaseImageAsync(Cancel)}\nUSER 1000:1000\nEXPOSE 8080 53/udp\nLABEL a=b\n", _ => { }, Cancel);

        Assert.Equal("1000:1000", image.User);
        Assert.Equal([8080], image.ExposedPorts);
        Assert.Equal("b", image.Labels["a"]);
        Assert.Equal(image.Id, (await docker.Runtime.FindImageAsync($"kyozo-test/reads:{docker.RunId}", Cancel))!.Id);
        Assert.Null(await docker.Runtime.FindImageAsync("kyozo-test/nothing:1", Cancel));
        Assert.False(await docker.Runtime.RemoveImageAsync("kyozo-test/nothing:1", Cancel));
        await docker.Runtime.TagImageAsync(image.Id, $"kyozo-test/other:{docker.RunId}", Cancel);
        Assert.True(await docker.Runtime.RemoveImageAsync($"kyozo-test/other:{docker.RunId}", Cancel));
        Assert.NotNull(await docker.Runtime.FindImageAsync(image.Id, Cancel));
    }
}
