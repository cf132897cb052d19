using System.ComponentModel;
using System.Diagnostics;

namespace Kyozo.Cli.Setup;

/// <summary>Runs programs of this machine: arguments as they are, never through a shell.</summary>
static class Programs
{
    /// <summary>Runs to the end; each line of output and of errors goes to <paramref name="line"/>.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandException">There is no such program.</exception>
    public static Task<int> RunAsync(
        string program, IEnumerable<string> arguments, Action<string> line, CancellationToken cancellationToken, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) start.Environment[name] = value;
        return RunAsync(start, line, cancellationToken);
    }

    /// <summary>Runs to the end; each line of output and of errors goes to <paramref name="line"/>.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandException">There is no such program.</exception>
    public static async Task<int> RunAsync(ProcessStartInfo start, Action<string> line, CancellationToken cancellationToken)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Start(start);
        try
        {
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
    /// <exception cref="CommandException">It failed.</exception>
    public static Task RequireAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) start.Environment[name] = value;
        return RequireAsync(start, cancellationToken);
    }

    /// <summary>Runs to the end and fails with its last lines unless it ends with 0.</summary>
    /// <exception cref="CommandException">It failed.</exception>
    public static async Task RequireAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        var exit = await RunAsync(start, lines.Add, cancellationToken);
        if (exit != 0) throw new CommandException($"{start.FileName} failed with exit code {exit}:\n  {string.Join("\n  ", lines.TakeLast(8))}");
    }

    /// <summary>The program's full path in PATH or the usual system folders, or null.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/local/sbin", "/usr/sbin", "/sbin"])
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new CommandException($"{start.FileName} cannot be started: {e.Message}", inner: e);
        }
    }
}
