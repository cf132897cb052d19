using Kyozo.Cli.Testing;

namespace Kyozo.Cli.Tests.Testing;

public sealed class TestReportTests
{
    static readonly TestReport Report = new("abc1234", "2 cores", new(2026, 11, 26));

    [Fact]
    public void Every_case_of_the_page_names_tests_that_are_there()
    {
        var repository = Repository();
        var cases = SafetyCase.Read(File.ReadAllText(Path.Combine(repository, "docs", "safety-tests.md")));

        Assert.True(cases.Count > 50);
        foreach (var one in cases)
        {
            Assert.NotEmpty(one.Tests);
            Assert.All(one.Tests, test => Assert.True(IsThere(repository, test), $"{one.Case}: {test}"));
        }
    }

    [Fact]
    public void Names_without_a_folder_lie_in_the_one_before_and_the_same_is_that_of_the_line_above()
    {
        var cases = SafetyCase.Read(Page);

        Assert.Equal(["Kyozo.Engine.Tests.Images.PolicyTests", "Kyozo.Engine.Tests.Images.OwnTests", "Kyozo.Web.Tests"], cases[0].Tests);
        Assert.Equal(cases[0].Tests, cases[1].Tests);
        Assert.True(cases[0].IsOneOf(new HashSet<string> { "A-16" }));
        Assert.False(cases[0].IsOneOf(new HashSet<string> { "A-1" }));
        Assert.True(cases[0].Covers("Kyozo.Web.Tests.Running.AuditTests"));
        Assert.False(cases[0].Covers("Kyozo.Engine.Tests.Images.PolicyTestsOfOthers"));
    }

    [Fact]
    public void A_run_of_some_cases_leaves_the_lines_of_the_others()
    {
        var cases = SafetyCase.Read(Page);
        var first = Report.Write(cases, [cases[0]], [Result("Kyozo.Engine.Tests.Images.OwnTests", "Passed", "10 kills"), Result("Kyozo.Web.Tests.A", "Failed", null)], "");

        var second = (Report with { Commit = "def5678" }).Write(cases, [cases[2]], [Result("Kyozo.Data.Tests.WallTests", "Passed", null)], first);

        Assert.Contains("| A-15, A-16 | foreign images | PolicyTests, OwnTests, Web.Tests | 10 kills | 1 passed, **1 failed**: `It_works(text: \"a\\|b\")` | 3.0 s | 2026-11-26, abc1234 |", second, StringComparison.Ordinal);
        Assert.Contains("| A-17 | the others | PolicyTests, OwnTests, Web.Tests | | not run yet | | |", second, StringComparison.Ordinal);
        Assert.Contains("| T1 | walls | WallTests |  | 1 passed | 1.5 s | 2026-11-26, def5678 |", second, StringComparison.Ordinal);
    }

    static TestedCase Result(string name, string outcome, string? asRun) => new(name, "It_works(text: \"a|b\")", outcome, TimeSpan.FromSeconds(1.5), asRun is null ? [] : [("A-16", asRun), ("T1", "of another case")]);

    static bool IsThere(string repository, string test)
    {
        var parts = test.Split('.');
        var path = Path.Combine([repository, "tests", string.Join('.', parts[..3]), .. parts[3..]]);
        return Directory.Exists(path) || File.Exists(path + ".cs");
    }

    static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Kyozo.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }

    const string Page = """
        | case | in one line | tests |
        |---|---|---|
        | A-15, A-16 | foreign images | `Engine.Tests/Images/PolicyTests`, `OwnTests`, `Web.Tests`, build rule `EF1002` |
        | A-17 | the others | the same |
        | T1 | walls | `Data.Tests/WallTests` (`./kyozo bench detect`) |
        """;
}
