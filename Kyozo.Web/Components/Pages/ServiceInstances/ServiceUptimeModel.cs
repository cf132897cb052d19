using Kyozo.Data;
using Kyozo.Data.Retention;
using Kyozo.Data.Schema;
using Kyozo.Web.Components.Charts;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.ServiceInstances;

/// <summary>How often a service's probes passed within a time, from roll-ups: they outlive the checks they were made from.</summary>
public sealed record ServiceUptimeModel(DateTimeOffset From, DateTimeOffset To, TimeSpan Bucket, IReadOnlyList<ServiceUptimeModel.Slice> Slices)
{
    public static readonly IReadOnlyList<TimeRange> Ranges =
    [
        new("24h", "24 h", TimeSpan.FromDays(1), TimeSpan.FromMinutes(15)),
        new("7d", "7 d", TimeSpan.FromDays(7), TimeSpan.FromHours(2)),
        new("30d", "30 d", TimeSpan.FromDays(30), TimeSpan.FromHours(8)),
        new("90d", "90 d", TimeSpan.FromDays(90), TimeSpan.FromDays(1)),
        new("1y", "1 y", TimeSpan.FromDays(365), TimeSpan.FromDays(3)),
    ];

    /// <summary>A range as it can be chosen.</summary>
    public sealed record TimeRange(string Name, string Title, TimeSpan Span, TimeSpan Bucket);

    /// <summary>The probes of one bucket. <paramref name="Failed"/>: unhealthy or no answer in time; those that could not be asked say nothing.</summary>
    public sealed record Slice(DateTimeOffset At, long Healthy, long Failed, double? MeanMs);

    /// <summary>0..1, or null when nothing was probed.</summary>
    public double? Uptime => Counted == 0 ? null : (double)Slices.Sum(slice => slice.Healthy) / Counted;

    /// <summary>Probes that say something.</summary>
    public long Counted => Slices.Sum(slice => slice.Healthy + slice.Failed);

    public IReadOnlyList<TimeChart.ChartLine> UptimeLine =>
        [new("passed", [.. Slices.Where(slice => slice.Healthy + slice.Failed > 0).Select(slice => new TimeChart.Point(slice.At, (double)slice.Healthy / (slice.Healthy + slice.Failed)))], Bucket * 1.5)];

    public IReadOnlyList<TimeChart.ChartLine> AnswerLine =>
        [new("mean", [.. Slices.Where(slice => slice.MeanMs is not null).Select(slice => new TimeChart.Point(slice.At, slice.MeanMs!.Value))], Bucket * 1.5)];

    public static async Task<ServiceUptimeModel> ReadAsync(KyozoContext db, Guid service, TimeRange range, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The bucket under way counts too: a share is right however much of it is there.
        var to = new DateTimeOffset(now.UtcTicks - now.UtcTicks % range.Bucket.Ticks, TimeSpan.Zero) + range.Bucket;
        var from = to - range.Span;
        var slices = await db.Database.SqlQuery<SliceRow>($"""
            SELECT date_bin({range.Bucket}, bucket, {DateTimeOffset.UnixEpoch}) AS at, sum(healthy)::bigint AS healthy, sum(unhealthy + timed_out)::bigint AS failed,
                sum(response_time_sum_ms) / nullif(sum(answered), 0)::float8 AS mean_ms
            FROM health_rollups
            WHERE service_instance_id = {service} AND resolution = {EnumWord.Of(RollupResolutions.CoarsestFor(range.Bucket))} AND bucket >= {from} AND bucket < {to}
            GROUP BY at ORDER BY at
            """).ToListAsync(cancellationToken);
        return new(from, to, range.Bucket, slices.ConvertAll(row => new Slice(row.At, row.Healthy, row.Failed, row.MeanMs)));
    }

    sealed record SliceRow(DateTimeOffset At, long Healthy, long Failed, double? MeanMs);
}
