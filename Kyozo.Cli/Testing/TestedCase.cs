using System.Globalization;
using System.Xml.Linq;

namespace Kyozo.Cli.Testing;

/// <summary>One test of a TRX file.</summary>
/// <param name="Class">Its class, in full.</param>
/// <param name="Name">Method and arguments.</param>
/// <param name="Outcome"><c>Passed</c>, <c>Failed</c> or <c>NotExecuted</c>.</param>
/// <param name="Took">How long.</param>
/// <param name="AsRun">What the test itself said of its durations and repetitions, by the case that they are of.</param>
sealed record TestedCase(string Class, string Name, string Outcome, TimeSpan Took, IReadOnlyList<(string Case, string Text)> AsRun)
{
    /// <summary>With this and the number of a case a test tells in its output how long and how often it did something: <c>As run: F-41: 10 rounds</c>.</summary>
    public const string AsRunMark = "As run: ";

    static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    /// <summary>Reads all TRX files of a folder.</summary>
    public static IReadOnlyList<TestedCase> Read(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.trx").SelectMany(file => XDocument.Load(file).Descendants(Trx + "UnitTestResult")).Select(Of)];

    static TestedCase Of(XElement result)
    {
        var full = (string)result.Attribute("testName")!;
        // Arguments may have dots of their own.
        var end = full.IndexOf('(', StringComparison.Ordinal) is var at and >= 0 ? at : full.Length;
        var dot = full.LastIndexOf('.', end - 1);
        var took = TimeSpan.Parse((string?)result.Attribute("duration") ?? "0", CultureInfo.InvariantCulture);
        var said = (result.Descendants(Trx + "StdOut").FirstOrDefault()?.Value ?? "").Split('\n')
            .Where(line => line.StartsWith(AsRunMark, StringComparison.Ordinal)).Select(line => line[AsRunMark.Length..].Trim().Split(": ", 2))
            .Where(parts => parts.Length == 2).Select(parts => (parts[0], parts[1])).ToList();
        return new(full[..dot], full[(dot + 1)..], (string)result.Attribute("outcome")!, took, said);
    }
}
