using System.Globalization;
using System.Text.RegularExpressions;

namespace Kyozo.Engine.Retention;

/// <summary>One day's partition of a time series, as the catalog names it.</summary>
/// <param name="Table">The partitioned table.</param>
/// <param name="Name">The partition.</param>
/// <param name="Day">The UTC day that it holds, by its name (<c>service_metrics_20261123</c>).</param>
/// <param name="DetachPending">A concurrent detach of it was interrupted.</param>
public sealed partial record DayPartition(string Table, string Name, DateOnly Day, bool DetachPending)
{
    /// <summary>The start of the day.</summary>
    public DateTimeOffset From => new(Day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    /// <summary>The start of the day after.</summary>
    public DateTimeOffset To => From.AddDays(1);

    /// <summary>True when its youngest row is older than the limit.</summary>
    public bool IsExpired(DateTimeOffset now, TimeSpan kept) => To <= now - kept;

    /// <summary>The partition of that name, or null when the name is none of a day.</summary>
    public static DayPartition? Parse(string table, string name, bool detachPending)
    {
        var match = DayAtEnd().Match(name);
        return match.Success && DateOnly.TryParseExact(match.Groups[1].Value, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new(table, name, day, detachPending)
            : null;
    }

    [GeneratedRegex("_p?([0-9]{8})$")]
    private static partial Regex DayAtEnd();
}
