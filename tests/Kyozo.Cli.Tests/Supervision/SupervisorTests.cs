using Kyozo.Cli.Supervision;
using Kyozo.Data;
using Kyozo.Testing;

namespace Kyozo.Cli.Tests.Supervision;

/// <summary>The supervisor over real processes.</summary>
public sealed class SupervisorTests : IAsyncLifetime
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    readonly KyozoHome _home = new(Directory.CreateTempSubdirectory("kyozo-supervisor-").FullName);
    readonly CancellationTokenSource _stop = new();
    readonly RunFiles _files;
    Task<bool> _running = Task.FromResult(true);

    public SupervisorTests() => _files = new(_home);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        Directory.Delete(_home.Root, recursive: true);
    }

    [Fact]
    public async Task Killed_process_is_started_again()
    {
        Start(Sleeper("worker"));
        var first = await ProcessOf("worker");

        Signals.End(first);

        var second = await Eventually.GetAsync("another process", Soon, () => Task.FromResult(Find("worker") is { } found && found != first ? found : null), Cancellation);
        Assert.NotEqual(first.Pid, second.Pid);
        var state = Assert.Single(_files.ReadState()!.Processes);
        Assert.Equal((2, 137), (state.Starts, state.LastExitCode));
    }

    [Fact]
    public async Task Process_that_is_no_longer_wanted_ends_and_the_others_stay()
    {
        Start(Sleeper("postgres"), Sleeper("worker"));
        var postgres = await ProcessOf("postgres");
        var worker = await ProcessOf("worker");

        _files.WriteWanted([Sleeper("postgres")]);

        await Eventually.TrueAsync("the worker ends", Soon, () => Task.FromResult(!worker.IsAlive), Cancellation);
        Assert.True(postgres.IsAlive);
    }

    [Fact]
    public async Task Changed_process_is_replaced_and_an_equal_one_left_alone()
    {
        Start(Sleeper("postgres"), Sleeper("worker"));
        var postgres = await ProcessOf("postgres");
        var worker = await ProcessOf("worker");

        _files.WriteWanted([Sleeper("postgres"), Sleeper("worker") with { Environment = new Dictionary<string, string> { ["X"] = "1" } }]);

        await Eventually.TrueAsync("a new worker", Soon, async () => !worker.IsAlive && (await ProcessOf("worker")).IsAlive, Cancellation);
        Assert.Equal(postgres, await ProcessOf("postgres"));
    }

    [Fact]
    public async Task It_ends_when_nothing_is_wanted()
    {
        Start(Sleeper("worker"));
        var worker = await ProcessOf("worker");

        _files.WriteWanted([]);

        Assert.True(await _running.WaitAsync(Soon, Cancellation));
        Assert.False(worker.IsAlive);
    }

    [Fact]
    public async Task Second_supervisor_of_a_home_gives_way()
    {
        Start(Sleeper("worker"));
        await ProcessOf("worker");

        Assert.False(await new Supervisor(_home, TimeProvider.System).RunAsync(Cancellation));
    }

    [Fact]
    public async Task What_a_killed_supervisor_left_behind_is_ended_before_it_is_started_again()
    {
        // Where the tests themselves were started to ignore SIGINT (in the background of a script), their children would inherit that.
        using var left = System.Diagnostics.Process.Start("env", ["--default-signal=INT", "sleep", "600"]);
        var orphan = ProcessIdentity.Of(left.Id)!;
        _files.WriteState(new(new ProcessIdentity(orphan.Pid, 1), [new("worker", orphan, 1, null)], default));

        Start(Sleeper("worker"));

        var fresh = await Eventually.GetAsync("a process of its own", Soon, () => Task.FromResult(Find("worker") is { } found && found != orphan ? found : null), Cancellation);
        Assert.NotEqual(orphan.Pid, fresh.Pid);
        Assert.False(orphan.IsAlive);
    }

    [Fact]
    public void Number_that_another_process_has_got_since_is_not_taken_for_ours()
    {
        var now = ProcessIdentity.Current;
        var earlier = now with { StartedAt = now.StartedAt - 1 };

        Signals.End(earlier);

        Assert.False(earlier.IsAlive);
        Assert.True(now.IsAlive);
    }

    [Fact]
    public async Task Output_is_kept_in_a_log()
    {
        Start(new ProcessSpec { Name = "talker", Program = "printf", Arguments = ["one\ntwo\n"] });

        await Eventually.TrueAsync("both lines", Soon,
            () => Task.FromResult(ProcessLog.Tail(_home.Logs, "talker", 50) is var lines && lines.Contains("one") && lines.Contains("two")), Cancellation);
    }

    [Fact]
    public void Log_at_its_limit_is_put_aside_and_the_oldest_goes()
    {
        using (var log = new ProcessLog(_home.Logs, "worker", limitBytes: 10, kept: 2))
        {
            foreach (var line in (string[])["first line", "second line", "third line", "last"]) log.WriteLine(line);
        }

        Assert.Equal(["worker.log", "worker.log.1", "worker.log.2"], Directory.GetFiles(_home.Logs).Select(Path.GetFileName).Order());
        Assert.Equal("last\n", File.ReadAllText(Path.Combine(_home.Logs, "worker.log")));
        Assert.Equal("third line\n", File.ReadAllText(Path.Combine(_home.Logs, "worker.log.1")));
    }

    [Fact]
    public async Task Files_with_connection_strings_are_for_their_owner_alone()
    {
        Start(Sleeper("worker"));
        await ProcessOf("worker");

        foreach (var name in (string[])["processes.json", "state.json"])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_home.Run, name)));
    }

    static ProcessSpec Sleeper(string name) => new() { Name = name, Program = "sleep", Arguments = ["600"] };

    void Start(params ProcessSpec[] processes)
    {
        _files.WriteWanted(processes);
        _running = new Supervisor(_home, TimeProvider.System).RunAsync(_stop.Token);
    }

    Task<ProcessIdentity> ProcessOf(string name) => Eventually.GetAsync($"{name} runs", Soon, () => Task.FromResult(Find(name)), Cancellation);

    ProcessIdentity? Find(string name) =>
        _files.ReadState()?.Processes.FirstOrDefault(process => process.Name == name) is { Process: { IsAlive: true } process } ? process : null;
}
