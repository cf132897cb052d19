using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Metrics;
using Kyozo.Data.Retention;
using Kyozo.Data.Schema;
using Kyozo.Web.Components.Charts;
using Kyozo.Web.Components.Shared;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.ServiceInstances;

/// <summary>What was measured of one service, in buckets of the database's making.</summary>
public sealed record ServiceMetricsModel(DateTimeOffset From, DateTimeOffset To, TimeSpan Bucket, IReadOnlyList<ServiceMetricsModel.Line> Lines, IReadOnlyList<TimeChart.Mark> Marks)
{
    public static readonly IReadOnlyList<TimeRange> Ranges =
    [
        new("15m", "15 min", TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(30)),
        new("1h", "1 h", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1)),
        new("6h", "6 h", TimeSpan.FromHours(6), TimeSpan.FromMinutes(5)),
        new("24h", "24 h", TimeSpan.FromDays(1), TimeSpan.FromMinutes(15)),
        new("7d", "7 d", TimeSpan.FromDays(7), TimeSpan.FromHours(2), FromRollups: true),
        new("30d", "30 d", TimeSpan.FromDays(30), TimeSpan.FromHours(8), FromRollups: true),
        new("90d", "90 d", TimeSpan.FromDays(90), TimeSpan.FromDays(1), FromRollups: true),
        new("1y", "1 y", TimeSpan.FromDays(365), TimeSpan.FromDays(3), FromRollups: true),
    ];

    /// <summary>Roll-ups are made every minute: an hour that has just ended is complete a little later.</summary>
    static readonly TimeSpan RollupDelay = TimeSpan.FromMinutes(2);

    static readonly EventType[] Marked = [EventType.DeploymentCompleted, EventType.DeploymentFailed, EventType.ServiceRestarted, EventType.ServiceScaled, EventType.ConfigurationUpdated];

    /// <summary>A range as it can be chosen.</summary>
    public sealed record TimeRange(string Name, string Title, TimeSpan Span, TimeSpan Bucket, bool FromRollups = false);

    /// <summary>One type and unit over time.</summary>
    public sealed record Line(MetricType Type, string Unit, IReadOnlyList<TimeChart.Point> Points);

    /// <summary>The lines of one type, named by unit where a type has several.</summary>
    public IReadOnlyList<TimeChart.ChartLine> Of(MetricType type, string name, string prefix = "") =>
        [.. Lines.Where(line => line.Type == type && line.Unit.StartsWith(prefix, StringComparison.Ordinal))
            .Select(line => new TimeChart.ChartLine(prefix.Length > 0 ? line.Unit[prefix.Length..] : name, line.Points, Joined))];

    // Of rows, one reading that came late makes no gap; a roll-up that is missing is one.
    TimeSpan Joined => Bucket * (To - From > TimeSpan.FromDays(1) ? 1.5 : 2.5);

    public static async Task<ServiceMetricsModel?> ReadAsync(KyozoContext db, Guid service, TimeRange range, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Whole buckets only: half a bucket would look like a fall.
        var until = range.FromRollups ? now - RollupDelay : now;
        var to = new DateTimeOffset(until.UtcTicks - until.UtcTicks % range.Bucket.Ticks, TimeSpan.Zero);
        var from = to - range.Span;
        var rows = await (range.FromRollups ? Rollups(db, service, range.Bucket, from, to) : Rows(db, service, range.Bucket, from, to)).ToListAsync(cancellationToken);
        var lines = rows.GroupBy(row => (row.MetricType, row.Unit)).Select(group => new Line(
            Enum.Parse<MetricType>(group.Key.MetricType, ignoreCase: true), group.Key.Unit,
            [.. group.Select(row => new TimeChart.Point(row.At, row.Unit == "ratio" ? row.Mean : row.Total / range.Bucket.TotalSeconds))])).ToList();
        var marks = await db.DeploymentEvents.AsNoTracking()
            .Where(happened => happened.ServiceInstanceId == service && happened.OccurredAt >= from && Marked.Contains(happened.EventType))
            .OrderBy(happened => happened.OccurredAt).Select(happened => new { happened.OccurredAt, happened.EventType }).Take(200).ToListAsync(cancellationToken);
        return new(from, to, range.Bucket, lines, marks.ConvertAll(mark => new TimeChart.Mark(mark.OccurredAt, $"{Say.Words(mark.EventType)}, {Say.Moment(mark.OccurredAt)}")));
    }

    static IQueryable<BucketRow> Rows(KyozoContext db, Guid service, TimeSpan bucket, DateTimeOffset from, DateTimeOffset to) => db.Database.SqlQuery<BucketRow>($"""
        SELECT metric_type, unit, date_bin({bucket}, recorded_at, {DateTimeOffset.UnixEpoch}) AS at, avg(value) AS mean, sum(value) AS total
        FROM service_metrics
        WHERE service_instance_id = {service} AND recorded_at >= {from} AND recorded_at < {to}
        GROUP BY metric_type, unit, at
        ORDER BY metric_type, unit, at
        """);

    static IQueryable<BucketRow> Rollups(KyozoContext db, Guid service, TimeSpan bucket, DateTimeOffset from, DateTimeOffset to) => db.Database.SqlQuery<BucketRow>($"""
        SELECT metric_type, unit, date_bin({bucket}, bucket, {DateTimeOffset.UnixEpoch}) AS at, sum(sum) / sum(count)::float8 AS mean, sum(sum) AS total
        FROM metric_rollups
        WHERE service_instance_id = {service} AND resolution = {EnumWord.Of(RollupResolutions.CoarsestFor(bucket))} AND bucket >= {from} AND bucket < {to}
        GROUP BY metric_type, unit, at
        ORDER BY metric_type, unit, at
        """);

    sealed record BucketRow(string MetricType, string Unit, DateTimeOffset At, double Mean, double Total);
}
