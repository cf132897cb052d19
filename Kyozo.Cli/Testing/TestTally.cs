using System.Text.RegularExpressions;

namespace Kyozo.Cli.Testing;

/// <summary>Adds up what <c>dotnet test</c> prints, module by module, and keeps the failures with their causes.</summary>
sealed partial class TestTally
{
    const int CauseLines = 12;

    readonly List<string> _failures = [];
    int _causeLinesLeft;

    public int Passed { get; private set; }
    public int Failed { get; private set; }
    public int Skipped { get; private set; }

    /// <summary>Each failure's head and the first lines of its cause.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public void Read(string line)
    {
        if (SummaryLine().Match(line) is { Success: true } summary)
        {
            Add(summary.Groups[1].Value, int.Parse(summary.Groups[2].Value));
        }
        else if (FailureHead().IsMatch(line))
        {
            _failures.Add(line);
            _causeLinesLeft = CauseLines;
        }
        else if (_causeLinesLeft > 0 && line.StartsWith("  ", StringComparison.Ordinal))
        {
            _failures.Add(line);
            _causeLinesLeft--;
        }
        else
        {
            _causeLinesLeft = 0;
        }
    }

    void Add(string outcome, int number)
    {
        switch (outcome)
        {
            case "succeeded": Passed += number; break;
            case "failed": Failed += number; break;
            default: Skipped += number; break;
        }
    }

    // The closing summary: "  failed: 0", one line each.
    [GeneratedRegex(@"^  (succeeded|failed|skipped): (\d+)$")]
    private static partial Regex SummaryLine();

    // "failed Kyozo.Data.Tests.Events.TrailTests.Numbers_have_no_gap (194ms)", the cause indented below it.
    [GeneratedRegex(@"^failed \S.* \(.+\)$")]
    private static partial Regex FailureHead();
}
