using Kyozo.Data.Deployments;

namespace Kyozo.Engine.Deployments;

/// <summary>The one sentence that stands above a plan.</summary>
static class PlanSummary
{
    public static string Of(DeploymentKind kind, IReadOnlyList<PlannedService> planned, IReadOnlyList<string> refusals)
    {
        if (refusals.Count > 0) return refusals.Count == 1 ? "This cannot be done." : $"This cannot be done, for {refusals.Count} reasons.";

        var parts = new List<string>();
        Add(parts, "build", Count(planned, PlannedChange.Rebuild) + (kind is DeploymentKind.Deploy ? Count(planned, PlannedChange.Create) : 0), "image");
        var starting = planned.Where(p => p.Change is PlannedChange.Create or PlannedChange.Start).ToList();
        Add(parts, "start", starting.Count, "service");
        Add(parts, "replace", Count(planned, PlannedChange.Rebuild) + Count(planned, PlannedChange.Recreate), "service");
        Add(parts, "scale", Count(planned, PlannedChange.Scale), "service");
        Add(parts, "stop", Count(planned, PlannedChange.Stop), "service");
        Add(parts, "remove", Count(planned, PlannedChange.Remove), "service");
        if (parts.Count == 0) return "Nothing to do: everything is as wanted.";

        var waves = planned.Where(p => p.Change is PlannedChange.Create or PlannedChange.Rebuild or PlannedChange.Recreate or PlannedChange.Start)
            .Select(p => p.Wave).Distinct().Count();
        var sentence = string.Join(", ", parts) + (waves > 1 ? $" in {waves} waves" : "");
        var left = Count(planned, PlannedChange.Nothing);
        if (left > 0) sentence += $"; {left} unchanged";
        return char.ToUpperInvariant(sentence[0]) + sentence[1..] + ".";
    }

    static int Count(IReadOnlyList<PlannedService> planned, PlannedChange change) => planned.Count(p => p.Change == change);

    static void Add(List<string> parts, string verb, int count, string thing)
    {
        if (count > 0) parts.Add($"{verb} {count} {thing}{(count == 1 ? "" : "s")}");
    }
}
