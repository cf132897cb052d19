namespace Kyozo.Data.Retention;

/// <summary>How buckets are cut: from midnight UTC, so that a bucket lies within one day's partition.</summary>
static class RollupBuckets
{
    /// <summary>CHECK that a bucket begins where one of its resolution does.</summary>
    public const string Check =
        "bucket = date_bin(CASE resolution WHEN 'minute' THEN interval '1 minute' WHEN 'hour' THEN interval '1 hour' ELSE interval '1 day' END, bucket, timestamptz '1970-01-01 00:00:00+00')";
}
