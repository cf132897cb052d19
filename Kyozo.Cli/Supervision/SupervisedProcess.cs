using System.ComponentModel;
using System.Diagnostics;

namespace Kyozo.Cli.Supervision;

/// <summary>Keeps one process running: when it ends it is started again, at once the first time, later after growing pauses.</summary>
sealed class SupervisedProcess(ProcessSpec spec, string logs, TimeProvider clock, Action changed) : IAsyncDisposable
{
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    static readonly TimeSpan Steady = TimeSpan.FromSeconds(60);

    readonly ProcessLog _log = new(logs, spec.Name);
    readonly CancellationTokenSource _stop = new();
    volatile ProcessIdentity? _live;
    int _starts;
    int? _lastExitCode;
    Task _running = Task.CompletedTask;

    public ProcessSpec Spec => spec;

    public ProcessState State => new(spec.Name, _live, _starts, _lastExitCode);

    public void Start() => _running = KeepAsync(_stop.Token);

    /// <summary>Asks the process to end, kills it after its grace, and does not start it again.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(_running, Task.Delay(spec.StopGrace, clock));
        if (_live is { } stubborn)
        {
            Note($"did not end within {spec.StopGrace.TotalSeconds:0} s and is killed");
            Signals.End(stubborn);
        }

        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        _log.Dispose();
    }

    async Task KeepAsync(CancellationToken cancellationToken)
    {
        var pause = TimeSpan.Zero;
        while (!cancellationToken.IsCancellationRequested)
        {
            var began = clock.GetTimestamp();
            await RunOnceAsync(cancellationToken);
            if (cancellationToken.IsCancellationRequested) return;

            pause = clock.GetElapsedTime(began) > Steady ? TimeSpan.Zero : pause;
            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }

    async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = StartInfo() };
        process.OutputDataReceived += (_, line) => Write(line.Data);
        process.ErrorDataReceived += (_, line) => Write(line.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            Note($"could not be started: {e.Message}");
            return;
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _starts++;
        // Null when it has ended already.
        _live = ProcessIdentity.Of(process.Id);
        Note($"started as process {process.Id}");
        changed();

        await using (cancellationToken.Register(Ask)) await WaitForEndAsync(process);
        _lastExitCode = process.ExitCode;
        _live = null;
        Note($"ended with exit code {process.ExitCode}");
        changed();
    }

    void Ask()
    {
        if (_live is { } process) Signals.Ask(process, spec.Stop);
    }

    // Not WaitForExitAsync: that waits for the end of the output too, which a grandchild may hold open.
    static Task WaitForEndAsync(Process process)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Exited += (_, _) => ended.TrySetResult();
        process.EnableRaisingEvents = true;
        return ended.Task;
    }

    ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(spec.Program, spec.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = spec.WorkingDirectory ?? "",
        };
        if (spec.CleanEnvironment) start.Environment.Clear();
        foreach (var (name, value) in spec.Environment) start.Environment[name] = value;
        return start;
    }

    void Write(string? line)
    {
        if (line is not null) _log.WriteLine(line);
    }

    void Note(string what) => _log.WriteLine($"[kyozo {clock.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z] {spec.Name} {what}");
}
