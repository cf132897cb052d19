using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Kyozo.Engine.Tests.Topology;

/// <summary>The page of signals is written from the source of detection: what weighs how much, and where it is said.</summary>
public sealed partial class SignalPageTests
{
    static readonly string Source = Path.Combine(Samples.Repository, "Kyozo.Engine", "Topology");

    static readonly string Page = Path.Combine(Samples.Repository, "docs", "detection-signals.md");

    [Fact]
    public async Task Page_of_signals_lists_every_signal_and_weight_of_the_code()
    {
        var written = Print();
        if (Environment.GetEnvironmentVariable(Samples.AcceptVariable) == "1") await File.WriteAllTextAsync(Page, written, TestContext.Current.CancellationToken);

        var page = File.Exists(Page) ? await File.ReadAllTextAsync(Page, TestContext.Current.CancellationToken) : "";
        Assert.True(page == written, $"{Page} is not what the code says. Run this test once with {Samples.AcceptVariable}=1 and commit the page.");
    }

    [Fact]
    public void No_weight_is_written_outside_of_the_table_of_weights()
    {
        var literals = Files().Where(file => Path.GetFileName(file) is not "Belief.cs")
            .SelectMany(file => LooseWeight().Matches(File.ReadAllText(file)).Select(match => $"{Path.GetFileName(file)}: {match.Value}"));

        Assert.Empty(literals);
    }

    static string Print()
    {
        var text = new StringBuilder("# Signals and weights of detection\n\nWritten from the code by a test; do not edit. How weights become a score: [detection.md](detection.md).\n\n## Weights\n\n| weight | is | name |\n|---|---|---|\n");
        var weights = Weight().Matches(File.ReadAllText(Path.Combine(Source, "Belief.cs"))).Select(match => (Name: match.Groups["name"].Value, Value: double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture), Meaning: match.Groups["meaning"].Value)).ToList();
        foreach (var (name, value, meaning) in weights.OrderByDescending(weight => weight.Value).ThenBy(weight => weight.Name, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"| {value.ToString("0.00;−0.00", CultureInfo.InvariantCulture)} | {Cell(meaning)} | `{name}` |\n");
        text.Append("\n## Signals\n\nWhat stands in braces is filled in from the folder.\n\n| signal | weight | said by |\n|---|---|---|\n");
        var rows = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var file in Files())
        {
            var code = File.ReadAllText(file);
            // A weight that is handed on is named where the row of the table or the call stands.
            var handedOn = code.Split('\n').Where(line => !line.Contains("Because(", StringComparison.Ordinal)).SelectMany(line => Name().Matches(line).Select(name => name.Groups[1].Value)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            foreach (Match match in Signal().Matches(code).Where(match => !match.Groups["signal"].Value.StartsWith("./", StringComparison.Ordinal)))
            {
                var named = Name().Matches(match.Groups["weights"].Value).Select(name => name.Groups[1].Value).ToList();
                rows.Add($"| {Cell(match.Groups["signal"].Value)} | {string.Join(" or ", (named.Count > 0 ? named : handedOn).Select(name => $"`{name}`"))} | {Path.GetFileNameWithoutExtension(file)} |\n");
            }
        }
        foreach (var row in rows) text.Append(row);
        return text.ToString();
    }

    static IEnumerable<string> Files() => Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal);

    [GeneratedRegex(@"<summary>(?<meaning>[^\n]+?)</summary>\s+public const double (?<name>\w+) = (?<value>-?[\d.]+);", RegexOptions.ExplicitCapture)]
    private static partial Regex Weight();

    [GeneratedRegex(@"""(?<signal>(?:[^""\\\n]|\\.|(?<=\{[^}""\n]*)""[^""\n]*"")+)"", (?<weights>(?:[^;\n""]*?[^\w.])?Belief\.\w+(?:\s*:\s*Belief\.\w+)?|language\.Weight|weight\))", RegexOptions.ExplicitCapture)]
    private static partial Regex Signal();

    [GeneratedRegex(@"Belief\.(\w+)")]
    private static partial Regex Name();

    [GeneratedRegex(@"(Because|new|Add)\([^;\n]*"", -?0\.\d+\)")]
    private static partial Regex LooseWeight();
}
