namespace Kyozo.Bench.Frame;

/// <summary>One thing measured against another in the same run, on the same machine, over the same data.</summary>
interface IBench
{
    /// <summary>What <c>--only</c> calls it.</summary>
    string Name { get; }

    /// <summary>One sentence for the report: what is done and what it is held against.</summary>
    string What { get; }

    /// <summary>Measures; <paramref name="say"/> gets a line of progress now and then.</summary>
    Task<IReadOnlyList<Comparison>> RunAsync(Action<string> say, CancellationToken cancellationToken);
}

/// <summary>One line of the result.</summary>
/// <param name="Work">What Kyozo does.</param>
/// <param name="Against">What it is compared with.</param>
/// <param name="Ours">Kyozo's figure with its unit, for reading.</param>
/// <param name="Theirs">The other figure with its unit.</param>
/// <param name="Ratio">The ratio that the goal is about.</param>
/// <param name="Goal">What the ratio shall be, or null for a figure that only informs.</param>
sealed record Comparison(string Work, string Against, string Ours, string Theirs, double Ratio, Goal? Goal)
{
    public bool? Met => Goal?.IsMetBy(Ratio);
}

/// <summary>A bound of a ratio.</summary>
sealed record Goal(bool AtLeast, double Bound)
{
    public static Goal AtMostTimes(double bound) => new(false, bound);

    public static Goal AtLeastTimes(double bound) => new(true, bound);

    public bool IsMetBy(double ratio) => AtLeast ? ratio >= Bound : ratio <= Bound;

    public override string ToString() => FormattableString.Invariant($"{(AtLeast ? "≥" : "≤")} {Bound:0.##} ×");
}
