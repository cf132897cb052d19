using System.Buffers;
using System.Globalization;

namespace Kyozo.Engine.Topology.Manifest;

/// <summary>Numbers, sizes and durations as people write them.</summary>
static class ManifestValues
{
    static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    static readonly string[] OfTheSystem = ["/", "/proc", "/sys", "/dev", "/run", "/etc", "/bin", "/sbin", "/lib", "/lib64", "/usr", "/boot", "/var/run"];

    public static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary><c>512Mi</c>, <c>1g</c>, <c>1.5GiB</c>: powers of 1024 whatever the spelling, as in compose files.</summary>
    public static long? Size(string text)
    {
        var digits = text.AsSpan().IndexOfAnyExcept(Digits) is >= 0 and var end ? text[..end] : text;
        var unit = text[digits.Length..].Trim().ToLowerInvariant();
        var shift = unit switch { "" or "b" => 0, "k" or "kb" or "ki" or "kib" => 10, "m" or "mb" or "mi" or "mib" => 20, "g" or "gb" or "gi" or "gib" => 30, "t" or "tb" or "ti" or "tib" => 40, _ => -1 };
        return shift >= 0 && Number(digits) is { } number && number * (1L << shift) < 1L << 60 ? (long)(number * (1L << shift)) : null;
    }

    public static string Size(long bytes) => bytes switch
    {
        _ when bytes % (1L << 30) == 0 => $"{bytes >> 30}Gi",
        _ when bytes % (1L << 20) == 0 => $"{bytes >> 20}Mi",
        _ when bytes % (1L << 10) == 0 => $"{bytes >> 10}Ki",
        _ => bytes.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary><c>10s</c>, <c>500ms</c>, <c>1m30s</c>.</summary>
    public static TimeSpan? Duration(string text)
    {
        var left = text.AsSpan().Trim();
        var total = 0.0;
        if (left.IsEmpty) return null;
        while (!left.IsEmpty)
        {
            var digits = left.IndexOfAnyExcept(Digits);
            if (digits <= 0 || Number(left[..digits].ToString()) is not { } number) return null;
            left = left[digits..];
            var letters = left.IndexOfAny(Digits) is >= 0 and var next ? next : left.Length;
            double? milliseconds = left[..letters] switch { "ms" => 1, "s" => 1000, "m" => 60_000, "h" => 3_600_000, _ => null };
            if (milliseconds is not { } factor) return null;
            total += number * factor;
            left = left[letters..];
        }
        return total < 1e12 ? TimeSpan.FromMilliseconds(total) : null;
    }

    public static string Duration(TimeSpan time) =>
        time.TotalMilliseconds % 1000 != 0 ? $"{time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)}ms" : $"{time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)}s";

    /// <summary>A place in a container where a volume may be: none that the program or the engine needs for itself.</summary>
    public static bool IsMountPoint(string path)
    {
        if (path.Length is < 2 or > 1000 || path[0] != '/' || path.Any(char.IsControl) || path.Contains(':', StringComparison.Ordinal) || path.Split('/').Any(part => part is "." or "..")) return false;
        var place = path.TrimEnd('/');
        return place.Length > 0 && !OfTheSystem.Contains(place) && !place.StartsWith("/proc/", StringComparison.Ordinal) && !place.StartsWith("/sys/", StringComparison.Ordinal) && !place.StartsWith("/dev/", StringComparison.Ordinal) && !place.StartsWith("/run/", StringComparison.Ordinal) && !place.StartsWith("/var/run/", StringComparison.Ordinal);
    }
}
