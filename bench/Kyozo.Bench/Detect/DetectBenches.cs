using System.CommandLine;
using Kyozo.Bench.Frame;

namespace Kyozo.Bench.Detect;

/// <summary><c>kyozo bench detect</c>: the walk, the analysis, and both again after one change.</summary>
static class DetectBenches
{
    public static Command Create()
    {
        var files = new Option<string>("--files") { Description = "Files of the generated monorepo.", DefaultValueFactory = _ => "100k" };
        return BenchSet.Create(
            "detect", "Detection in a generated monorepo against bare walking and reading.", [files],
            parsed => [new MonorepoBench((int)(Figures.ParseCount(parsed.GetValue(files)!) ?? 100_000))],
            parsed => $"./kyozo bench detect --files {parsed.GetValue(files)}");
    }
}
