using System.Globalization;
using Kyozo.Web.Live;

namespace Kyozo.Web.Components.Pages.Workspaces;

/// <summary>Days that a workspace wants its rows to be kept; null: as long as the installation keeps them.</summary>
public sealed record RetentionDays(int? Events, int? HealthChecks, int? Metrics);

/// <summary>The same as it is typed: empty means the installation's. A workspace may keep longer than usual, never shorter; the database refuses it too.</summary>
public sealed record RetentionForm(string Events, string HealthChecks, string Metrics)
{
    const int Longest = 365;

    public static RetentionForm Of(RetentionDays days) => new(Text(days.Events), Text(days.HealthChecks), Text(days.Metrics));

    /// <exception cref="RefusedException">Something is no whole number or out of its range.</exception>
    public RetentionDays ToDays() => new(Number(Events, "Events", 90), Number(HealthChecks, "Health checks", 30), Number(Metrics, "Metrics", 7));

    static string Text(int? days) => days?.ToString(CultureInfo.InvariantCulture) ?? "";

    static int? Number(string text, string name, int least)
    {
        if (text.Length == 0) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days >= least && days <= Longest
            ? days
            : throw new RefusedException($"{name}: \"{text}\" is not a whole number of days from {least} to {Longest}. Leave it empty for what the installation keeps.");
    }
}
