using System.Globalization;
using Kyozo.Data.Events;

namespace Kyozo.Web.Components.Pages.Events;

/// <summary>What is asked of the trail; all of it stands in the URL.</summary>
/// <param name="Trail"><c>services</c> or <c>people</c>.</param>
/// <param name="Service">Only of this service.</param>
/// <param name="Actor">Only what this person did.</param>
/// <param name="Action">Only this kind.</param>
/// <param name="From">Not before this day (UTC).</param>
/// <param name="To">Not after this day (UTC).</param>
/// <param name="Text">With these words in it.</param>
public sealed record TrailFilter(string Trail, Guid? Service = null, Guid? Actor = null, string? Action = null, DateOnly? From = null, DateOnly? To = null, string? Text = null)
{
    const int LongestText = 200;

    public bool OfServices => Trail == "services";

    public bool IsNarrowed => Service is not null || Actor is not null || Action is not null || From is not null || To is not null || Text is not null;

    /// <summary>From the URL, where anybody can write anything.</summary>
    public static TrailFilter Of(string? trail, Guid? service, Guid? actor, string? action, string? from, string? to, string? text) => new(
        trail == "people" ? "people" : "services", service, actor, Given(action), Day(from), Day(to), Given(text) is { } words ? words[..Math.Min(words.Length, LongestText)] : null);

    /// <summary>The same for the URL.</summary>
    public Dictionary<string, object?> Query => new()
    {
        ["trail"] = Trail,
        ["service"] = Service?.ToString(),
        ["actor"] = Actor?.ToString(),
        ["action"] = Action,
        ["from"] = Say(From),
        ["to"] = Say(To),
        ["text"] = Text,
    };

    internal EventType? EventType =>
        Action is not null && Enum.TryParse<EventType>(Action.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var type) ? type : null;

    public static string? Say(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    static string? Given(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim().Replace("\0", "", StringComparison.Ordinal);

    static DateOnly? Day(string? value) => DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
}

/// <summary>Where a page of the trail ended: the next begins with the line before it.</summary>
public sealed record TrailPlace(DateTimeOffset At, Guid Id)
{
    /// <summary>Microseconds since 1970, as the database counts, and the id.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond}_{Id:N}");

    public static TrailPlace? Parse(string? text) =>
        text?.Split('_') is [var at, var id] && long.TryParse(at, CultureInfo.InvariantCulture, out var micros) && micros is > 0 and < 250_000_000_000_000_000 && Guid.TryParseExact(id, "N", out var guid)
            ? new(DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond), guid)
            : null;
}
