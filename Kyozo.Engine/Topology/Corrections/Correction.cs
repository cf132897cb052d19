using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology.Corrections;

/// <summary>A correction as it is laid over a topology.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Path">The service's folder, <c>.</c> for the analysed one; null when it has none.</param>
/// <param name="Service">The service, or the one an edge starts from.</param>
/// <param name="Other">The service an edge leads to, or null.</param>
/// <param name="Values">The values.</param>
/// <param name="By">Name of the person.</param>
/// <param name="At">When it was said.</param>
public sealed record Correction(CorrectionKind Kind, string? Path, string Service, string? Other, CorrectedValues Values, string By, DateTimeOffset At)
{
    /// <summary><c>corrected by Ada on 2026-11-25: port, start command</c>.</summary>
    public string Sentence
    {
        get
        {
            var values = string.Join(", ", Values.Named());
            var what = Kind switch { CorrectionKind.NoService => "no service", CorrectionKind.NoEdge => "no such edge", CorrectionKind.Edge => values.Length > 0 ? $"there is this edge, {values}" : "there is this edge", _ => values };
            return FormattableString.Invariant($"{(what.Length == 0 ? "confirmed" : "corrected")} by {By} on {At.UtcDateTime:yyyy-MM-dd}{(what.Length == 0 ? "" : $": {what}")}");
        }
    }
}
