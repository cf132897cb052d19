namespace Kyozo.Cli.Setup;

/// <summary>One line of <c>kyozo doctor</c>.</summary>
/// <param name="Ok">False when something has to be done.</param>
/// <param name="What">What was looked at, and how it is.</param>
/// <param name="Mend">Command or sentence that mends it, or null.</param>
sealed record Finding(bool Ok, string What, string? Mend = null);
