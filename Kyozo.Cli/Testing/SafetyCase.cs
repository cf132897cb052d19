using System.Text.RegularExpressions;

namespace Kyozo.Cli.Testing;

/// <summary>One line of <c>docs/safety-tests.md</c>: attack or fault cases and the tests that show them.</summary>
/// <param name="Case">Their numbers: <c>F-06, F-37</c>.</param>
/// <param name="Told">What happens, in one line.</param>
/// <param name="Tests">Classes or namespaces, in full: <c>Kyozo.Engine.Tests.Retention.ArchiverTests</c>.</param>
sealed partial record SafetyCase(string Case, string Told, IReadOnlyList<string> Tests)
{
    /// <summary>Reads the page's tables.</summary>
    public static IReadOnlyList<SafetyCase> Read(string page)
    {
        var cases = new List<SafetyCase>();
        foreach (var line in page.Split('\n'))
        {
            if (Row().Match(line) is not { Success: true } row || row.Groups["told"].Value == "in one line") continue;
            var tests = row.Groups["tests"].Value.Trim() == "the same" ? cases[^1].Tests : ReadTests(row.Groups["tests"].Value);
            cases.Add(new(row.Groups["case"].Value.Trim(), row.Groups["told"].Value.Trim(), tests));
        }

        return cases;
    }

    /// <summary>True when one of these numbers is among its own.</summary>
    public bool IsOneOf(IReadOnlySet<string> numbers) => Number().Matches(Case).Any(number => numbers.Contains(number.Value));

    /// <summary>True for a class that is named, or lies in a namespace that is.</summary>
    public bool Covers(string testClass) => Tests.Any(test => testClass == test || testClass.StartsWith(test + ".", StringComparison.Ordinal));

    // `Engine.Tests/Images/DockerfilePolicyTests`, `OwnDockerfileTests`: what stands without a folder lies in the one before it.
    static List<string> ReadTests(string cell)
    {
        var (tests, folder) = (new List<string>(), "");
        foreach (Match match in Quoted().Matches(cell))
        {
            var name = match.Groups[1].Value;
            var full = name.Contains(".Tests", StringComparison.Ordinal) ? "Kyozo." + name.Replace('/', '.') : $"{folder}.{name}";
            if (name.Contains('/', StringComparison.Ordinal)) folder = full[..full.LastIndexOf('.')];
            tests.Add(full);
        }

        return tests;
    }

    [GeneratedRegex(@"^\| (?<case>[^|]*) ?\| (?<told>[^|]+) \| (?<tests>[^|]+) \|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"`((?:[A-Z]\w*\.Tests)(?:/\w+)*|[A-Z]\w*Tests)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\b[AFT]-?\d+\b")]
    private static partial Regex Number();
}
