using System.Globalization;

namespace Kyozo.Web.Components.Shared;

/// <summary>Numbers and moments in the words a person says; sizes in MiB, rates with their unit.</summary>
public static class Say
{
    /// <summary>"3 min 12 s", "450 ms", "2 d 4 h": at most two units.</summary>
    public static string Duration(TimeSpan span)
    {
        if (span < TimeSpan.Zero) span = TimeSpan.Zero;
        if (span.TotalSeconds < 1) return Invariant($"{span.TotalMilliseconds:0} ms");
        if (span.TotalSeconds < 10) return Invariant($"{span.TotalSeconds:0.0} s");
        if (span.TotalMinutes < 1) return Invariant($"{span.TotalSeconds:0} s");
        if (span.TotalHours < 1) return Pair(span.Minutes, "min", span.Seconds, "s");
        if (span.TotalDays < 1) return Pair(span.Hours, "h", span.Minutes, "min");
        return Pair((int)span.TotalDays, "d", span.Hours, "h");
    }

    /// <summary>"just now", "12 s ago", "in 4 min": one unit.</summary>
    public static string Ago(DateTimeOffset moment, DateTimeOffset now)
    {
        var span = now - moment;
        if (span.Duration() < TimeSpan.FromSeconds(5)) return "just now";
        var words = OneUnit(span.Duration());
        return span < TimeSpan.Zero ? $"in {words}" : $"{words} ago";
    }

    /// <summary>"2026-11-23 20:12:05 UTC".</summary>
    public static string Moment(DateTimeOffset moment) =>
        moment.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>"512 MiB", "1.5 GiB".</summary>
    public static string Bytes(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        while (Math.Abs(bytes) >= 1024 && unit < units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return Invariant($"{bytes.ToString(bytes < 10 && unit > 0 ? "0.#" : "0", CultureInfo.InvariantCulture)} {units[unit]}");
    }

    public static string Percent(double ratio) => Invariant($"{ratio * 100:0.#} %");

    public static string Number(double number) => number.ToString(Math.Abs(number) < 10 ? "0.##" : "#,0", CultureInfo.InvariantCulture);

    public static string Milliseconds(double? ms) => ms is { } value ? Invariant($"{value:0.#} ms") : "–";

    /// <summary>"1 service", "5 services".</summary>
    public static string Count(long count, string one, string? many = null) => Invariant($"{count:#,0} {(count == 1 ? one : many ?? one + "s")}");

    /// <summary>An enum's member as its stored word: <c>DeployService</c> → <c>deploy_service</c>.</summary>
    public static string Word<T>(T value) where T : struct, Enum =>
        System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>An enum's member as people read it: <c>DeploymentStarted</c> → "deployment started".</summary>
    public static string Words<T>(T value) where T : struct, Enum => Word(value).Replace('_', ' ');

    /// <summary>First characters of an id, enough to recognise it.</summary>
    public static string ShortId(string? id) => id is null ? "–" : id.Replace("sha256:", "", StringComparison.Ordinal) is { Length: > 12 } bare ? bare[..12] : id;

    static string OneUnit(TimeSpan span) => span switch
    {
        { TotalMinutes: < 1 } => Invariant($"{span.TotalSeconds:0} s"),
        { TotalHours: < 1 } => Invariant($"{Math.Floor(span.TotalMinutes)} min"),
        { TotalDays: < 1 } => Invariant($"{Math.Floor(span.TotalHours)} h"),
        _ => Invariant($"{Math.Floor(span.TotalDays)} d"),
    };

    static string Pair(int major, string majorUnit, int minor, string minorUnit) =>
        minor == 0 ? Invariant($"{major} {majorUnit}") : Invariant($"{major} {majorUnit} {minor} {minorUnit}");

    static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
