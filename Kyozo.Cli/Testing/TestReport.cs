using System.Globalization;
using System.Text;

namespace Kyozo.Cli.Testing;

/// <summary>The page <c>docs/test-report.md</c>: what the last long run of each attack and fault case came to. Pure.</summary>
/// <param name="Commit">What was tested.</param>
/// <param name="Machine">Where.</param>
/// <param name="Day">When it began.</param>
sealed record TestReport(string Commit, string Machine, DateOnly Day)
{
    const string Columns = "| case | in one line | tests | as run | outcome | time | run |";

    /// <summary>The page after a run: its cases are told anew, the lines of others stay as they were.</summary>
    /// <param name="cases">All cases, in the order of the page.</param>
    /// <param name="ran">Those that were run.</param>
    /// <param name="results">What their tests came to.</param>
    /// <param name="before">The page as it was, or empty.</param>
    public string Write(IReadOnlyList<SafetyCase> cases, IReadOnlyCollection<SafetyCase> ran, IReadOnlyList<TestedCase> results, string before)
    {
        var kept = before.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && line != Columns).ToLookup(Head);
        var page = new StringBuilder(
            $"""
            # The long run

            `./kyozo test --long` runs every test with the durations and repetitions of our list of attacks and faults and writes this page; `--case F-04,F-05` runs some cases, and the lines of the others stay. "As run" is what a test says of itself; where it says nothing, the short and the long run do the same. Which test shows which case: [safety-tests.md](safety-tests.md).

            Machine of the last run: {Machine}. The time is that of all tests of the line, one after the other.

            {Columns}
            |---|---|---|---|---|---|---|

            """);
        foreach (var one in cases)
        {
            var line = ran.Contains(one) ? Line(one, results) : kept[(one.Case, one.Told)].FirstOrDefault() ?? $"| {one.Case} | {one.Told} | {Names(one)} | | not run yet | | |";
            page.Append(line).Append('\n');
        }

        return page.ToString();
    }

    string Line(SafetyCase one, IReadOnlyList<TestedCase> results)
    {
        var own = results.Where(result => one.Covers(result.Class)).ToList();
        var asRun = string.Join("; ", own.SelectMany(result => result.AsRun).Where(said => one.IsOneOf(new HashSet<string> { said.Case })).Select(said => said.Text).Distinct());
        var time = own.Aggregate(TimeSpan.Zero, (sum, result) => sum + result.Took);
        return string.Create(CultureInfo.InvariantCulture,
            $"| {one.Case} | {one.Told} | {Names(one)} | {asRun} | {Outcome(own)} | {time.TotalSeconds:0.0} s | {Day:yyyy-MM-dd}, {Commit} |");
    }

    static string Outcome(List<TestedCase> own)
    {
        if (own.Count == 0) return "no test ran";
        var failed = own.Where(result => result.Outcome == "Failed").Select(result => $"`{result.Name.Replace("|", "\\|", StringComparison.Ordinal)}`").ToList();
        var (passed, skipped) = (own.Count(result => result.Outcome == "Passed"), own.Count(result => result.Outcome is not ("Passed" or "Failed")));
        return $"{passed} passed"
            + (failed.Count > 0 ? $", **{failed.Count} failed**: {string.Join(", ", failed)}" : "")
            + (skipped > 0 ? $", {skipped} skipped" : "");
    }

    static string Names(SafetyCase one) => string.Join(", ", one.Tests.Select(test => test.Split('.')[^1] is "Tests" ? test["Kyozo.".Length..] : test.Split('.')[^1]));

    static (string, string) Head(string line) => line.Split('|') is [_, var name, var told, ..] ? (name.Trim(), told.Trim()) : ("", "");
}
