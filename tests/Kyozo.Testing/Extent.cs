using System.Globalization;

namespace Kyozo.Testing;

/// <summary>Durations and repetitions of the cases that have a long form: the usual number, or with <c>KYOZO_TEST_LONG=1</c> (<c>kyozo test --long</c>) that of SAFETY. What it was run with a test says in its output, after <see cref="AsRun"/> and the number of the case.</summary>
public static class Extent
{
    /// <summary>What follows is told by the report of the long run.</summary>
    public const string AsRun = "As run: ";

    static readonly bool Long = Environment.GetEnvironmentVariable("KYOZO_TEST_LONG") is "1";

    /// <summary>The number to go by.</summary>
    /// <param name="usual">In the short run.</param>
    /// <param name="longer">In the long one.</param>
    /// <param name="variable">An environment variable that overrules both, or null.</param>
    public static int Of(int usual, int longer, string? variable = null) =>
        variable is not null && int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var named) ? named : Long ? longer : usual;
}
