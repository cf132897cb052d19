using Kyozo.Data.Health;

namespace Kyozo.Engine.Health;

/// <summary>The newest results of one check on one container.</summary>
/// <param name="FailureThreshold">Consecutive failures that make it unhealthy, 1..20.</param>
/// <param name="NewestFirst">Results, the newest first.</param>
public sealed record CheckHistory(int FailureThreshold, IReadOnlyList<CheckStatus> NewestFirst);

/// <summary>From results to a judgement: one failure is an accident, several in a row are an illness, one success is health.</summary>
public static class HealthPolicy
{
    /// <summary>The state of a service after these results of its checks on its containers.</summary>
    /// <param name="current">The state so far, kept while nothing is decided.</param>
    /// <param name="histories">One for each check and container.</param>
    public static HealthState Judge(HealthState current, IReadOnlyList<CheckHistory> histories)
    {
        if (histories.All(h => h.NewestFirst is [] or [CheckStatus.Unknown, ..])) return HealthState.Unknown;

        var verdicts = histories.Select(JudgeOne).ToList();
        if (verdicts.Contains(HealthState.Unhealthy)) return HealthState.Unhealthy;
        return verdicts.TrueForAll(v => v is HealthState.Healthy) ? HealthState.Healthy : current;
    }

    // Unknown is "could not be asked": it neither heals nor counts as a failure.
    static HealthState JudgeOne(CheckHistory history)
    {
        var failures = 0;
        foreach (var status in history.NewestFirst.Where(s => s is not CheckStatus.Unknown))
        {
            if (status is CheckStatus.Healthy) return failures == 0 ? HealthState.Healthy : HealthState.Unknown;
            if (++failures >= history.FailureThreshold) return HealthState.Unhealthy;
        }

        return HealthState.Unknown;
    }
}
