namespace Kyozo.Data.Schema.Preflight;

/// <summary>How one line of <c>kyozo db preflight</c> ends.</summary>
public enum PreflightLevel
{
    /// <summary>As it should be.</summary>
    Ok,
    /// <summary>A migration works, but somebody should know.</summary>
    Warning,
    /// <summary>A migration would fail or do harm; <c>kyozo db migrate</c> refuses.</summary>
    Failed,
}

/// <summary>One line of <c>kyozo db preflight</c>.</summary>
/// <param name="Check">What was looked at: server, disk, backup ...</param>
/// <param name="Level">How it is.</param>
/// <param name="What">What was found.</param>
/// <param name="WayOut">What to do about it; null when nothing has to be done.</param>
public sealed record PreflightLine(string Check, PreflightLevel Level, string What, string? WayOut = null);
