using Kyozo.Engine.Containers;
using Kyozo.Testing;

namespace Kyozo.Engine.Tests.Containers;

public sealed class DockerExecTests(DockerFixture docker)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Arguments_reach_the_command_as_they_are()
    {
        var id = await StartAsync("arguments");

        var result = await docker.Runtime.ExecAsync(id, ["printf", "%s|", "a b", "$(id)", "; true", "\"'"], Patience, Cancel);

        Assert.Equal((0L, "a b|$(id)|; true|\"'|", false), (result.ExitCode, result.Output, result.TimedOut));
    }

    [Fact]
    public async Task The_exit_code_and_both_streams_come_back()
    {
        var id = await StartAsync("streams");

        var result = await docker.Runtime.ExecAsync(id, ["sh", "-c", "echo out; echo err >&2; exit 7"], Patience, Cancel);

        Assert.Equal((7L, false), (result.ExitCode, result.TimedOut));
        Assert.Equal(["err", "out"], result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Fact]
    public async Task A_command_that_hangs_is_ended_inside_the_container()
    {
        var id = await StartAsync("hangs");

        var result = await docker.Runtime.ExecAsync(id, ["sh", "-c", "trap '' TERM; sleep 987"], TimeSpan.FromSeconds(1), Cancel);

        Assert.True(result.TimedOut);
        await Eventually.TrueAsync("the command is gone", Patience, async () => !(await DockerCli.RunAsync(Cancel, "top", id)).Contains("trap", StringComparison.Ordinal), Cancel);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_an_exit_code()
    {
        var id = await StartAsync("missing");

        var result = await docker.Runtime.ExecAsync(id, ["no-such-program"], Patience, Cancel);

        Assert.Equal(127, result.ExitCode);
        Assert.Contains("no-such-program", result.Output);
    }

    [Fact]
    public async Task An_image_without_a_timeout_program_runs_commands_all_the_same()
    {
        var image = await TestBuild.RunAsync(docker, "no-timeout", $"FROM {await docker.BaseImageAsync(Cancel)}\nRUN rm /usr/bin/timeout\n", _ => { }, Cancel);
        var id = await docker.StartAsync(await docker.SpecAsync("no-timeout", ["sleep", "600"], Cancel) with { Image = image.Id }, Cancel);

        var result = await docker.Runtime.ExecAsync(id, ["echo", "here"], Patience, Cancel);

        Assert.Equal((0L, "here\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task No_container_runs_no_command() =>
        await Assert.ThrowsAsync<ContainerNotFoundException>(() => docker.Runtime.ExecAsync("kyozo-test-nothing", ["true"], Patience, Cancel));

    async Task<string> StartAsync(string purpose) => await docker.StartAsync(await docker.SpecAsync($"exec-{purpose}", ["sleep", "600"], Cancel), Cancel);
}
