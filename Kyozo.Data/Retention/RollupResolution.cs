namespace Kyozo.Data.Retention;

/// <summary>Width of the buckets that measured values and checks are rolled up in; CHECK <c>valid_resolution</c>. Buckets are cut in UTC.</summary>
public enum RollupResolution
{
    /// <summary>One minute, made from the rows.</summary>
    Minute,
    /// <summary>One hour, made from minutes.</summary>
    Hour,
    /// <summary>One day, made from hours.</summary>
    Day,
}

/// <summary>What a resolution means in time.</summary>
public static class RollupResolutions
{
    /// <summary>Width of a bucket.</summary>
    public static TimeSpan Width(this RollupResolution resolution) => resolution switch
    {
        RollupResolution.Minute => TimeSpan.FromMinutes(1),
        RollupResolution.Hour => TimeSpan.FromHours(1),
        _ => TimeSpan.FromDays(1),
    };

    /// <summary>The coarsest resolution that buckets of this width can be made from without cutting one.</summary>
    /// <param name="bucket">Width that is asked for, a whole number of minutes.</param>
    public static RollupResolution CoarsestFor(TimeSpan bucket) =>
        Enum.GetValues<RollupResolution>().Where(resolution => bucket.Ticks % resolution.Width().Ticks == 0).DefaultIfEmpty(RollupResolution.Minute).Max();
}
