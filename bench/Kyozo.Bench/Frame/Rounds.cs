using System.Diagnostics;

namespace Kyozo.Bench.Frame;

/// <summary>Measures contenders in turns, so that a machine that slows down for a while slows all of them, and takes medians.</summary>
static class Rounds
{
    /// <summary>Runs each contender once to warm up and then <paramref name="rounds"/> times in turns.</summary>
    /// <returns>The median time of each, in the order given.</returns>
    public static async Task<IReadOnlyList<TimeSpan>> AlternateAsync(int rounds, params IReadOnlyList<Func<Task>> contenders)
    {
        foreach (var contender in contenders) await contender();
        var times = contenders.Select(_ => new List<TimeSpan>(rounds)).ToList();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                // Every second round runs backwards: nobody always follows the same neighbour.
                var place = round % 2 == 0 ? i : contenders.Count - 1 - i;
                times[place].Add(await TimeAsync(contenders[place]));
            }
        }

        return [.. times.Select(Median)];
    }

    public static async Task<TimeSpan> TimeAsync(Func<Task> action)
    {
        var started = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(started);
    }

    public static TimeSpan Median(IReadOnlyList<TimeSpan> times) => Percentile(times, 50);

    /// <summary>The value that <paramref name="percent"/> of all do not exceed.</summary>
    public static TimeSpan Percentile(IReadOnlyList<TimeSpan> times, double percent)
    {
        var sorted = times.Order().ToList();
        return sorted[Math.Clamp((int)Math.Ceiling(sorted.Count * percent / 100) - 1, 0, sorted.Count - 1)];
    }
}
