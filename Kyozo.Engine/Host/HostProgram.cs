using System.ComponentModel;
using System.Diagnostics;

namespace Kyozo.Engine.Host;

/// <summary>Runs programs of this machine: arguments as they are, never through a shell.</summary>
public static class HostProgram
{
    const int KeptLines = 20;

    /// <summary>The program's full path in PATH or the usual system folders, or null.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/local/sbin", "/usr/sbin", "/sbin"])
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    /// <summary>Runs to the end; each line of output and of errors goes to <paramref name="line"/>. Cancelled, it ends the program and its children.</summary>
    /// <param name="start">Program, arguments, environment, folder.</param>
    /// <param name="line">Gets each line, one at a time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="input">What the program reads; nothing when empty.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="HostProgramException">It cannot be started.</exception>
    public static async Task<int> RunAsync(ProcessStartInfo start, Action<string> line, CancellationToken cancellationToken, string input = "")
    {
        start.RedirectStandardInput = input.Length > 0;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Start(start);
        try
        {
            if (input.Length > 0)
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
                process.StandardInput.Close();
            }

            var gate = new Lock();
            await Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError), process.WaitForExitAsync(cancellationToken));
            return process.ExitCode;

            async Task ReadAsync(StreamReader reader)
            {
                while (await reader.ReadLineAsync(cancellationToken) is { } text)
                {
                    lock (gate) line(text);
                }
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Runs to the end and fails with its last lines unless it ends with 0.</summary>
    /// <exception cref="HostProgramException">It cannot be started, or it failed.</exception>
    public static async Task RequireAsync(ProcessStartInfo start, Action<string> line, CancellationToken cancellationToken, string input = "")
    {
        var last = new Queue<string>();
        var exit = await RunAsync(start, text =>
        {
            if (last.Count == KeptLines) last.Dequeue();
            last.Enqueue(text);
            line(text);
        }, cancellationToken, input);
        if (exit != 0) throw new HostProgramException($"{start.FileName} ended with code {exit}:\n  {string.Join("\n  ", last)}");
    }

    /// <summary>The same by name and arguments, for those whose lines nobody reads along.</summary>
    /// <exception cref="HostProgramException">It cannot be started, or it failed.</exception>
    public static Task RequireAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        RequireAsync(Unattended(program, arguments), _ => { }, cancellationToken);

    /// <summary>A program whose messages are in one language and which asks nobody anything.</summary>
    public static ProcessStartInfo Unattended(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments);
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        return start;
    }

    static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new HostProgramException($"{start.FileName} did not start.");
        }
        catch (Win32Exception missing)
        {
            throw new HostProgramException($"{start.FileName} cannot be run: {missing.Message}", missing);
        }
    }
}

/// <summary>A program of the host is missing or failed; the message has its last lines.</summary>
public sealed class HostProgramException(string message, Exception? inner = null) : Exception(message, inner);
