using System.Text;
using System.Text.RegularExpressions;

namespace Kyozo.Engine.Containers;

/// <summary>Listens to a build: cuts its output into lines, remembers the current step and the last lines, and can tell why it failed.</summary>
sealed partial class BuildTranscript(Action<string> output)
{
    const int KeptLines = 200;

    readonly Queue<string> _last = new();
    readonly List<string> _stepLines = [];
    readonly StringBuilder _rest = new();

    /// <summary><c>Step 4/9 : RUN npm ci</c>, or null before the first.</summary>
    public string? Step { get; private set; }

    /// <summary>Id of the image once the build said it, or null.</summary>
    public string? BuiltId { get; private set; }

    public void Add(string text)
    {
        foreach (var character in text)
        {
            if (character == '\n') TakeLine();
            // A progress bar repaints its line; the last picture counts.
            else if (character == '\r') _rest.Clear();
            else _rest.Append(character);
        }
    }

    /// <summary>A line that the builder did not end.</summary>
    public void End()
    {
        if (_rest.Length > 0) TakeLine();
    }

    /// <summary>The exception for a build that failed with this word of the engine.</summary>
    public ImageBuildException Failure(string image, string error)
    {
        var line = FirstFailingLine();
        var message = $"Building {image} failed{(Step is null ? "" : $" at '{Step}'")}: {line ?? error}";
        if (_last.Count == 0 || _last.Last() != error) Keep(error);
        return new(message, [.. _last]) { Step = Step, FirstFailingLine = line };
    }

    void TakeLine()
    {
        var line = Escapes().Replace(_rest.ToString(), "").Replace('\0', '\uFFFD').TrimEnd();
        _rest.Clear();
        if (line.Length == 0) return;
        if (StepLine().IsMatch(line))
        {
            Step = line;
            _stepLines.Clear();
        }
        else if (BuiltLine().Match(line) is { Success: true } built)
        {
            BuiltId = built.Groups["id"].Value;
        }
        else
        {
            _stepLines.Add(line);
            if (_stepLines.Count > 5000) _stepLines.RemoveRange(0, 2500);
        }

        Keep(line);
        output(line);
    }

    void Keep(string line)
    {
        _last.Enqueue(line);
        if (_last.Count > KeptLines) _last.Dequeue();
    }

    /// <summary>The first line of the failing step that speaks of an error; else its last.</summary>
    string? FirstFailingLine() => _stepLines.Find(line => ErrorLine().IsMatch(line) && !HarmlessLine().IsMatch(line)) ?? _stepLines.FindLast(line => !EngineLine().IsMatch(line));

    [GeneratedRegex(@"^Step \d+/\d+ : ")]
    private static partial Regex StepLine();

    [GeneratedRegex(@"^Successfully built (?<id>[0-9a-f]{12,64})$")]
    private static partial Regex BuiltLine();

    [GeneratedRegex(@"\x1B\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escapes();

    // npm ERR! · npm error · error TS2304 · E: Unable to locate package · fatal: · SyntaxError: · Traceback · x: not found
    [GeneratedRegex(@"^(?:npm ERR!|npm error|E: |Traceback )|\b(?:[A-Za-z]*Error|ERROR|error|fatal|FATAL|FAILED|panic|Exception)\b\s*[:!\[(]|: (?:not found|No such file or directory|Permission denied|command not found)|\berror [A-Z]{2,}\d+")]
    private static partial Regex ErrorLine();

    [GeneratedRegex(@"\b0 [Ee]rrors?\b|^npm warn", RegexOptions.IgnoreCase)]
    private static partial Regex HarmlessLine();

    [GeneratedRegex(@"^ ---> |^Removing intermediate container ")]
    private static partial Regex EngineLine();
}
