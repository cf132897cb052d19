using System.Text.RegularExpressions;

namespace Kyozo.Architecture.Tests;

/// <summary>Rules that hold for every line of the product (SAFETY rules 3, 4 and A-58).</summary>
public sealed partial class SourceRuleTests
{
    [Fact]
    public void No_process_is_started_through_a_shell()
    {
        Assert.Empty(Offenders(ShellStart(), ".cs"));
    }

    [Fact]
    public void No_markup_is_made_from_strings()
    {
        Assert.Empty(Offenders(Markup(), ".cs", ".razor"));
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        Assert.Empty(Offenders(LeftForLater(), ".cs", ".razor"));
    }

    [Fact]
    public void Pages_load_nothing_from_elsewhere()
    {
        Assert.Empty(Offenders(OutsideResource(), ".razor", ".css", ".html", ".js"));
    }

    static IEnumerable<string> Offenders(Regex rule, params string[] extensions) =>
        from file in Repository.ProductSources(extensions)
        from line in File.ReadLines(file).Select((text, index) => (Text: text, Number: index + 1))
        where rule.IsMatch(line.Text)
        select $"{Repository.Relative(file)}:{line.Number}: {line.Text.Trim()}";

    [GeneratedRegex("""(ProcessStartInfo|Process\.Start)\("(/bin/)?(ba|da|z)?sh"|UseShellExecute\s*=\s*true""")]
    private static partial Regex ShellStart();

    [GeneratedRegex(@"MarkupString|AddMarkupContent|innerHTML")]
    private static partial Regex Markup();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|NotImplementedException)\b")]
    private static partial Regex LeftForLater();

    [GeneratedRegex("""(src|href)\s*=\s*"(https?:)?//|@import\s+url|url\(\s*['"]?(https?:)?//""")]
    private static partial Regex OutsideResource();
}
