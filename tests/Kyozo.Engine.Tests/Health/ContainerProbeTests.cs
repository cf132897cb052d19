using Kyozo.Data.Health;
using Kyozo.Engine.Health;
using Kyozo.Testing;

namespace Kyozo.Engine.Tests.Health;

public sealed class ContainerProbeTests(DockerFixture docker)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    ProbeRunner Runner => new([new ExecProbe(docker.Runtime), new DockerProbe(docker.Runtime)], TimeProvider.System);

    [Fact]
    public async Task A_command_is_healthy_when_it_ends_with_zero_and_otherwise_its_output_says_why()
    {
        var target = await StartAsync("probe-exec");

        var good = await Runner.RunAsync(Exec("true"), target, Stop);
        var bad = await Runner.RunAsync(Exec("sh", "-c", "echo no disk; exit 3"), target, Stop);

        Assert.Equal(CheckStatus.Healthy, good.Status);
        Assert.Equal((CheckStatus.Unhealthy, "sh ended with 3: no disk"), (bad.Status, bad.Error));
    }

    [Fact]
    public async Task Nothing_of_a_command_is_read_by_a_shell_and_nothing_runs_outside_the_container()
    {
        var target = await StartAsync("probe-argv");
        var trace = Path.Combine(Path.GetTempPath(), docker.Name("trace"));

        var result = await Runner.RunAsync(Exec("echo", $"; touch {trace} | sh", $"$(touch {trace})"), target, Stop);

        Assert.Equal(CheckStatus.Healthy, result.Status);
        Assert.False(File.Exists(trace));
        Assert.Equal(2, (await DockerCli.TryAsync(Stop, "exec", target.ContainerId, "ls", trace)).ExitCode);
    }

    [Fact]
    public async Task A_command_without_end_is_timed_out_and_gone_from_the_container()
    {
        var target = await StartAsync("probe-hang");

        var result = await Runner.RunAsync(Exec("sleep", "4321") with { Timeout = TimeSpan.FromSeconds(1) }, target, Stop);

        Assert.Equal(CheckStatus.TimedOut, result.Status);
        await Eventually.TrueAsync(
            "the command to be gone", TimeSpan.FromSeconds(10), async () => !(await DockerCli.RunAsync(Stop, "top", target.ContainerId)).Contains("4321", StringComparison.Ordinal), Stop);
    }

    [Fact]
    public async Task One_command_at_a_time_runs_in_a_container()
    {
        var target = await StartAsync("probe-one");
        var runner = Runner;

        var results = await runner.RunAllAsync([.. Enumerable.Repeat((Exec("sleep", "2"), target), 5)], Stop);

        Assert.Single(results, r => r.Status is CheckStatus.Healthy);
        Assert.Equal(4, results.Count(r => r.Status is CheckStatus.Unknown));
    }

    [Fact]
    public async Task The_engines_word_is_followed_from_running_to_ended_to_gone()
    {
        var target = await StartAsync("probe-docker");
        var check = new HealthCheckConfig { Type = CheckType.Docker };
        Assert.Equal(CheckStatus.Healthy, (await Runner.RunAsync(check, target, Stop)).Status);

        await DockerCli.RunAsync(Stop, "kill", target.ContainerId);
        Assert.Equal("The container ended with exit code 137.", (await Runner.RunAsync(check, target, Stop)).Error);

        await DockerCli.RunAsync(Stop, "rm", target.ContainerId);
        Assert.Equal("The container is gone.", (await Runner.RunAsync(check, target, Stop)).Error);
        Assert.Equal(CheckStatus.Unhealthy, (await Runner.RunAsync(Exec("true"), target, Stop)).Status);
    }

    static HealthCheckConfig Exec(params string[] command) => new() { Type = CheckType.Exec, Command = command };

    async Task<ProbeTarget> StartAsync(string purpose) =>
        new() { ContainerId = await docker.StartAsync(await docker.SpecAsync(purpose, ["sleep", "600"], Stop), Stop) };
}
