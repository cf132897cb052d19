using System.Diagnostics;
using System.Globalization;

namespace Kyozo.Bench.Probes;

/// <summary>A program that a bench runs beside itself; ends with it.</summary>
sealed class ChildProcess : IAsyncDisposable
{
    readonly Process _process;

    ChildProcess(Process process) => _process = process;

    /// <summary>Its processor time until now.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public bool HasExited => _process.HasExited;

    public static ChildProcess Start(string program, IEnumerable<string> arguments, bool talks = false)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = talks, RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        if (!talks)
        {
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
        }

        return new(process);
    }

    public async Task<string> ReadLineAsync(CancellationToken cancellationToken) =>
        await _process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException($"{_process.StartInfo.FileName} ended.");

    /// <summary>Asks with an empty line and reads a number.</summary>
    public async Task<long> AskAsync(CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync();
        return long.Parse(await ReadLineAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
