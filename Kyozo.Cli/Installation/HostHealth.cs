using Kyozo.Cli.Supervision;
using Kyozo.Data;

namespace Kyozo.Cli.Installation;

/// <summary>Waits until the processes answer that they are healthy.</summary>
sealed class HostHealth(KyozoHome home, SupervisorHandle supervisor, TimeProvider clock) : IDisposable
{
    /// <summary>A process that was started so often without ever being healthy will not become it.</summary>
    const int HopelessStarts = 4;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>Waits for one process.</summary>
    /// <exception cref="CommandException">It does not become healthy: the message has the last lines of its log.</exception>
    public async Task WaitAsync(string name, Uri address, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        var startsBefore = Find(name)?.Starts ?? 0;
        while (true)
        {
            // The port may still be held by the process of before: only an answer while ours lives is ours.
            if (Find(name)?.Process is { IsAlive: true } && await AnswersAsync(address, cancellationToken)) return;
            if (clock.GetElapsedTime(since) > Patience || Find(name)?.Starts - startsBefore >= HopelessStarts) throw Failed(name);
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    /// <summary>True when it answers that it is healthy.</summary>
    public async Task<bool> AnswersAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(address, "/health"), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();

    ProcessState? Find(string name) => supervisor.State?.Processes.FirstOrDefault(process => process.Name == name);

    CommandException Failed(string name)
    {
        const string crash = "Unhandled exception. ";
        var lines = ProcessLog.Tail(home.Logs, name, 200);
        // What ended it says more than the stack below it.
        var told = lines.LastOrDefault(line => line.StartsWith(crash, StringComparison.Ordinal)) is { } cause
            ? cause[crash.Length..]
            : string.Join("\n  ", lines.TakeLast(12));
        return new($"The {name} does not become healthy. Its log, {Path.Combine(home.Logs, name + ".log")}, says:\n  {told}");
    }
}
