using System.ComponentModel;
using System.Diagnostics;

namespace Kyozo.Engine.Images;

/// <summary>Programs of the host: arguments as they are, no shell; what they print goes line by line to the caller.</summary>
static class HostCommand
{
    const int KeptLines = 20;

    /// <summary>Runs to the end; ends the program and its children when cancelled.</summary>
    /// <exception cref="HostCommandException">It is not installed, or ended with another code than 0.</exception>
    public static Task RunAsync(string program, IEnumerable<string> arguments, Action<string> output, CancellationToken cancellationToken) =>
        RunAsync(program, arguments, input: "", output, cancellationToken);

    /// <summary>The same, with something to read on its standard input.</summary>
    public static async Task RunAsync(string program, IEnumerable<string> arguments, string input, Action<string> output, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        // Messages in one language; nobody is there to be asked.
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using var process = Start(start);
        await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
        process.StandardInput.Close();
        var last = new Queue<string>();
        var printed = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            await printed;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0) throw new HostCommandException($"{program} ended with code {process.ExitCode}:\n{string.Join('\n', last)}");

        async Task ReadAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
            {
                lock (last)
                {
                    last.Enqueue(line);
                    if (last.Count > KeptLines) last.Dequeue();
                    output(line);
                }
            }
        }
    }

    /// <summary>True when the program is found on PATH.</summary>
    public static bool Exists(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Append("/usr/sbin").Append("/sbin").Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));

    static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new HostCommandException($"{start.FileName} did not start.");
        }
        catch (Win32Exception missing)
        {
            throw new HostCommandException($"{start.FileName} cannot be run: {missing.Message}", missing);
        }
    }
}

/// <summary>A program of the host failed.</summary>
public sealed class HostCommandException(string message, Exception? inner = null) : Exception(message, inner);
