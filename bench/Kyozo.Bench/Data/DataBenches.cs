using System.CommandLine;
using Kyozo.Bench.Frame;
using Kyozo.Bench.Probes;

namespace Kyozo.Bench.Data;

/// <summary><c>bench data</c>: the data layer, each bench on a PostgreSQL server of its own.</summary>
static class DataBenches
{
    public static Command Create()
    {
        var rows = new Option<string>("--rows")
        {
            Description = "The two sizes of the big tables, small,large.",
            DefaultValueFactory = _ => "1M,10M",
        };
        rows.Validators.Add(result =>
        {
            if (Sizes(result.GetValueOrDefault<string>()) is null) result.AddError("--rows takes two counts, the smaller first: 1M,10M");
        });
        return BenchSet.Create(
            "data", "The data layer: queries at two sizes, retention, ingestion, permission check, trail and its check; and the probes.", [rows],
            parsed => Benches(Sizes(parsed.GetValue(rows)!)!.Value), parsed => $"./kyozo bench data --rows {parsed.GetValue(rows)}");
    }

    static IReadOnlyList<IBench> Benches((long Small, long Large) sizes) =>
        [new SeedQueriesBench(sizes.Small, sizes.Large), new RetentionBench(sizes.Large), new IngestionBench(), new PermissionBench(), new TrailBench(), new VerifyBench(sizes.Small), new ProbeBench()];

    static (long Small, long Large)? Sizes(string? text) =>
        text?.Split(',').Select(Figures.ParseCount).ToList() is [{ } small, { } large] && small < large ? (small, large) : null;
}
