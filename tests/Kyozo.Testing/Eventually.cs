using System.Diagnostics;

namespace Kyozo.Testing;

/// <summary>Waits for a condition instead of sleeping.</summary>
public static class Eventually
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks again until the answer is not null; fails after <paramref name="within"/> naming what was awaited.</summary>
    public static async Task<T> GetAsync<T>(string what, TimeSpan within, Func<Task<T?>> ask, CancellationToken cancellationToken) where T : class
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (await ask() is { } answer) return answer;
            if (clock.Elapsed > within) throw new TimeoutException($"Not within {within.TotalSeconds:0.#} s: {what}");
            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>Asks again until it is true; fails after <paramref name="within"/> naming what was awaited.</summary>
    public static Task TrueAsync(string what, TimeSpan within, Func<Task<bool>> ask, CancellationToken cancellationToken) =>
        GetAsync(what, within, async () => await ask() ? "" : null, cancellationToken);
}
