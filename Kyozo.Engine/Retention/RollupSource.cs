using Kyozo.Data.Retention;
using Kyozo.Data.Schema;

namespace Kyozo.Engine.Retention;

/// <summary>
/// One time series and the SQL by which a bucket is made: minutes from the rows, hours from minutes, days from hours, each always whole and from
/// nothing but its source. Sums run over <c>numeric</c>, so that the order of the rows does not change their last digit.
/// </summary>
/// <param name="Table">The partitioned table.</param>
/// <param name="Rollups">The table of its roll-ups.</param>
/// <param name="Key">What a bucket is of, beside its time.</param>
/// <param name="Values">Column, how it is made from rows, how from finer buckets.</param>
sealed record RollupSource(string Table, string Rollups, IReadOnlyList<string> Key, IReadOnlyList<(string Column, string FromRows, string FromBuckets)> Values)
{
    const string Epoch = "timestamptz '1970-01-01 00:00:00+00'";

    public static readonly RollupSource Checks = new("health_checks", "health_rollups", ["service_instance_id", "check_type"],
    [
        ("healthy", "count(*) FILTER (WHERE status = 'healthy')", "sum(healthy)"),
        ("unhealthy", "count(*) FILTER (WHERE status = 'unhealthy')", "sum(unhealthy)"),
        ("timed_out", "count(*) FILTER (WHERE status = 'timed_out')", "sum(timed_out)"),
        ("unknown", "count(*) FILTER (WHERE status = 'unknown')", "sum(unknown)"),
        ("answered", "count(response_time_ms)", "sum(answered)"),
        ("response_time_sum_ms", "coalesce(sum(response_time_ms::numeric)::float8, 0)", "sum(response_time_sum_ms::numeric)::float8"),
        ("response_time_max_ms", "coalesce(max(response_time_ms), 0)", "max(response_time_max_ms)"),
    ]);

    public static readonly RollupSource Metrics = new("service_metrics", "metric_rollups", ["service_instance_id", "metric_type", "unit"],
    [
        ("count", "count(*)", "sum(count)"),
        ("sum", "sum(value::numeric)::float8", "sum(sum::numeric)::float8"),
        ("min", "min(value)", "min(min)"),
        ("max", "max(value)", "max(max)"),
        ("last", "(array_agg(value ORDER BY recorded_at DESC, id DESC))[1]", "(array_agg(last ORDER BY bucket DESC))[1]"),
    ]);

    /// <summary>The part of <see cref="Rollups"/> that holds the buckets of one width.</summary>
    public string RollupsOf(RollupResolution resolution) => $"{Rollups}_{EnumWord.Of(resolution)}";

    public static IReadOnlyList<RollupSource> All { get; } = [Checks, Metrics];

    /// <summary>Minutes <c>$3</c>, all of them between <c>$1</c> and <c>$2</c>, from the rows of one day's partition.</summary>
    public string FromRows(string partition) => Upsert(RollupResolution.Minute, partition, Partitions.Tables[Table], "", value => value.FromRows);

    /// <summary>Buckets <c>$3</c>, all of them between <c>$1</c> and <c>$2</c>, from the next finer ones.</summary>
    public string FromFiner(RollupResolution resolution) =>
        Upsert(resolution, Rollups, "bucket", $" AND resolution = '{EnumWord.Of(resolution - 1)}'", value => value.FromBuckets);

    /// <summary>The start of the bucket that a time lies in.</summary>
    public static string Bucket(RollupResolution resolution, string time) => $"date_bin('1 {EnumWord.Of(resolution)}', {time}, {Epoch})";

    string Upsert(RollupResolution resolution, string from, string time, string only, Func<(string Column, string FromRows, string FromBuckets), string> made)
    {
        var key = string.Join(", ", Key);
        var columns = string.Join(", ", Values.Select(value => value.Column));
        return $"""
            INSERT INTO {Rollups} AS stored (team_id, {key}, resolution, bucket, {columns})
            SELECT team_id, {key}, '{EnumWord.Of(resolution)}', at, {string.Join(", ", Values.Select(made))}
            FROM (SELECT *, {Bucket(resolution, time)} AS at FROM {from} WHERE {time} >= $1 AND {time} < $2{only}) source
            WHERE at = ANY ($3)
            GROUP BY team_id, {key}, at
            ON CONFLICT ({key}, resolution, bucket) DO UPDATE SET {string.Join(", ", Values.Select(value => $"{value.Column} = excluded.{value.Column}"))}
            WHERE ({string.Join(", ", Values.Select(value => $"stored.{value.Column}"))}) IS DISTINCT FROM ({string.Join(", ", Values.Select(value => $"excluded.{value.Column}"))})
            """;
    }
}
