using System.Diagnostics;

namespace Kyozo.Cli.Output;

/// <summary>What a long command is doing: a plain line at each step with the time since its start, the same on a terminal, in a file, and in a build log.</summary>
sealed class ProgressLines(TextWriter output)
{
    readonly Stopwatch _elapsed = Stopwatch.StartNew();
    readonly Lock _one = new();

    public static ProgressLines OnConsole() => new(Console.Out);

    public TimeSpan Elapsed => _elapsed.Elapsed;

    /// <summary>One line. May be called from several threads.</summary>
    public void Say(string text)
    {
        lock (_one) output.WriteLine($"[{_elapsed.Elapsed:mm\\:ss}] {text}");
    }

    /// <summary>A line without the time, for results.</summary>
    public void Show(string text = "")
    {
        lock (_one) output.WriteLine(text);
    }
}
