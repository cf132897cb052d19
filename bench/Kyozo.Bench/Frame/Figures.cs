using System.Globalization;

namespace Kyozo.Bench.Frame;

/// <summary>Figures as people read them.</summary>
static class Figures
{
    public static string Time(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 1 } => Text($"{time.TotalMicroseconds:0} µs"),
        { TotalMilliseconds: < 10 } => Text($"{time.TotalMilliseconds:0.00} ms"),
        { TotalSeconds: < 1 } => Text($"{time.TotalMilliseconds:0} ms"),
        _ => Text($"{time.TotalSeconds:0.0} s"),
    };

    public static string PerSecond(long count, TimeSpan time, string unit) => Text($"{count / time.TotalSeconds:#,0} {unit}/s");

    public static string Size(long bytes) => bytes switch
    {
        < 1 << 20 => Text($"{bytes / 1024.0:0} KiB"),
        < 1L << 30 => Text($"{bytes / 1048576.0:0} MiB"),
        _ => Text($"{bytes / 1073741824.0:0.0} GiB"),
    };

    public static string Ratio(double ratio) => ratio switch
    {
        >= 100 => Text($"{ratio:#,0} ×"),
        >= 10 => Text($"{ratio:0.0} ×"),
        _ => Text($"{ratio:0.00} ×"),
    };

    /// <summary>1M, 250k, 1000.</summary>
    public static string Count(long count) => count switch
    {
        >= 1_000_000 when count % 1_000_000 == 0 => Text($"{count / 1_000_000}M"),
        >= 1000 when count % 1000 == 0 => Text($"{count / 1000}k"),
        _ => Text($"{count}"),
    };

    /// <summary>The other way round; null when it is no count.</summary>
    public static long? ParseCount(string text)
    {
        var (digits, factor) = text.Trim() switch
        {
            [.. var head, 'M' or 'm'] => (head, 1_000_000L),
            [.. var head, 'K' or 'k'] => (head, 1000L),
            var all => (all, 1L),
        };
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number * factor : null;
    }

    static string Text(FormattableString text) => FormattableString.Invariant(text);
}
