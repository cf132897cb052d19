using System.Diagnostics;
using System.Text;

namespace Kyozo.Testing;

/// <summary>End of a command that a test ran.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>The output, or an exception with everything that was printed.</summary>
    public string Succeeded() => ExitCode == 0
        ? Output
        : throw new InvalidOperationException($"exit code {ExitCode}\n--- stdout\n{Output}\n--- stderr\n{Error}");
}

/// <summary>Runs a program as a user of it would: own process, arguments as they are, no shell.</summary>
public static class Command
{
    public static async Task<CommandResult> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string?>? environment = null, string? workingDirectory = null, string? input = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) start.Environment[name] = value;

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        try
        {
            var output = new Collected(process.StandardOutput);
            var error = new Collected(process.StandardError);
            if (input is not null) await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancellationToken);
            // A detached child may hold the pipes open after the command itself has ended: what was printed until then is enough.
            await Task.WhenAny(Task.WhenAll(output.Finished, error.Finished), Task.Delay(PipeGrace, cancellationToken));
            return new(process.ExitCode, output.Text, error.Text);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    static readonly TimeSpan PipeGrace = TimeSpan.FromSeconds(2);

    sealed class Collected
    {
        readonly StringBuilder _text = new();

        public Collected(StreamReader reader) => Finished = ReadAsync(reader);

        public Task Finished { get; }

        public string Text
        {
            get { lock (_text) return _text.ToString(); }
        }

        async Task ReadAsync(StreamReader reader)
        {
            var buffer = new char[4096];
            int count;
            while ((count = await reader.ReadAsync(buffer)) > 0)
            {
                lock (_text) _text.Append(buffer, 0, count);
            }
        }
    }
}
