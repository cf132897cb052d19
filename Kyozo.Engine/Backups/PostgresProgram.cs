using System.Diagnostics;

namespace Kyozo.Engine.Backups;

/// <summary>Runs pg_dump and pg_restore with a stream at one end; what they say goes into the error.</summary>
static class PostgresProgram
{
    const int KeptLines = 8;

    /// <summary>Copies all that the program writes.</summary>
    /// <exception cref="BackupException">It failed.</exception>
    public static Task ReadAsync(ProcessStartInfo start, Stream output, CancellationToken cancellationToken)
    {
        start.RedirectStandardOutput = true;
        return RunAsync(start, process => process.StandardOutput.BaseStream.CopyToAsync(output, cancellationToken), cancellationToken);
    }

    /// <summary>Lets the program read all of a stream.</summary>
    /// <exception cref="BackupException">It failed, or the stream did.</exception>
    public static Task WriteAsync(ProcessStartInfo start, Stream input, CancellationToken cancellationToken)
    {
        start.RedirectStandardInput = true;
        return RunAsync(start, async process =>
        {
            try
            {
                await input.CopyToAsync(process.StandardInput.BaseStream, cancellationToken);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it had read everything; its exit code and its last lines say why.
            }
        }, cancellationToken);
    }

    static async Task RunAsync(ProcessStartInfo start, Func<Process, Task> exchange, CancellationToken cancellationToken)
    {
        start.RedirectStandardError = true;
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start) ?? throw new BackupException($"{start.FileName} did not start.");
        try
        {
            var errors = ErrorsAsync(process.StandardError);
            await exchange(process);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0) throw new BackupException($"{Path.GetFileName(start.FileName)} ended with code {process.ExitCode}: {await errors}");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    static async Task<string> ErrorsAsync(StreamReader reader)
    {
        var last = new Queue<string>();
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Contains("warning:", StringComparison.Ordinal)) continue;
            if (last.Count == KeptLines) last.Dequeue();
            last.Enqueue(line.Trim());
        }

        return string.Join(' ', last);
    }
}
