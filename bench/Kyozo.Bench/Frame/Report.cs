using System.Globalization;
using System.Text;
using Kyozo.Engine.Host;
using Spectre.Console;

namespace Kyozo.Bench.Frame;

/// <summary>What a run found: a table on the terminal, and a section of docs/benchmarks.md.</summary>
sealed class Report(string section, string repeat, TimeProvider clock)
{
    readonly List<(IBench Bench, IReadOnlyList<Comparison> Lines)> _results = [];

    public void Add(IBench bench, IReadOnlyList<Comparison> lines) => _results.Add((bench, lines));

    public bool AllMet => _results.SelectMany(result => result.Lines).All(line => line.Met ?? true);

    public void Print()
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var header in Headers) table.AddColumn(header);
        foreach (var line in _results.SelectMany(result => result.Lines)) table.AddRow([.. Cells(line).Select(cell => new Text(cell))]);
        // Into a file or a pipe there is no width to keep to.
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 200;
        AnsiConsole.Write(table);
    }

    /// <summary>Replaces this run's benches between the section's marks; what other runs wrote stays.</summary>
    public async Task WriteAsync(string file, CancellationToken cancellationToken)
    {
        var text = File.Exists(file) ? await File.ReadAllTextAsync(file, cancellationToken) : "# Benchmarks\n";
        foreach (var (bench, lines) in _results) text = Replace(text, $"{section}-{bench.Name}", Markdown(bench, lines));
        await File.WriteAllTextAsync(file, text, cancellationToken);
    }

    static string Replace(string text, string mark, string body)
    {
        var (begin, end) = ($"<!-- {mark} -->\n", $"<!-- /{mark} -->\n");
        var from = text.IndexOf(begin, StringComparison.Ordinal);
        var to = text.IndexOf(end, StringComparison.Ordinal);
        return from < 0 || to < 0
            ? $"{text.TrimEnd()}\n\n{begin}{body}{end}"
            : text[..from] + begin + body + text[to..];
    }

    string Markdown(IBench bench, IReadOnlyList<Comparison> lines)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"## {section} {bench.Name}\n\n{bench.What}\n\n| {string.Join(" | ", Headers)} |\n|{string.Concat(Headers.Select(_ => "---|"))}\n");
        foreach (var line in lines) text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", Cells(line))} |\n");
        text.Append(CultureInfo.InvariantCulture, $"\n{clock.GetUtcNow():yyyy-MM-dd}, {Machine.Describe()}. Again: `{repeat} --only {bench.Name}`\n");
        return text.ToString();
    }

    static readonly string[] Headers = ["work", "against", "Kyozo", "other", "ratio", "goal", ""];

    static string[] Cells(Comparison line) =>
    [
        line.Work, line.Against, line.Ours, line.Theirs, Figures.Ratio(line.Ratio), line.Goal?.ToString() ?? "",
        line.Met switch { true => "met", false => "missed", null => "" },
    ];
}
