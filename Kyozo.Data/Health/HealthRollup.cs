using Kyozo.Data.Retention;
using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Health;

/// <summary>The probe results of one service and kind of probe within one bucket.</summary>
public sealed class HealthRollup : RollupBucket
{
    /// <summary>Kind of probe.</summary>
    public required CheckType CheckType { get; init; }
    /// <summary>How many passed.</summary>
    public required long Healthy { get; init; }
    /// <summary>How many failed.</summary>
    public required long Unhealthy { get; init; }
    /// <summary>How many had no answer in time.</summary>
    public required long TimedOut { get; init; }
    /// <summary>How many could not be asked.</summary>
    public required long Unknown { get; init; }
    /// <summary>How many have a response time.</summary>
    public required long Answered { get; init; }
    /// <summary>Sum of the response times in milliseconds; ÷ <see cref="Answered"/> the mean.</summary>
    public required double ResponseTimeSumMs { get; init; }
    /// <summary>The longest response time in milliseconds, 0 when nothing answered.</summary>
    public required double ResponseTimeMaxMs { get; init; }
}

sealed class HealthRollupConfiguration : IEntityTypeConfiguration<HealthRollup>
{
    public void Configure(EntityTypeBuilder<HealthRollup> rollup)
    {
        rollup.HasBuckets("health_rollups", table =>
        {
            table.HasWords<CheckType>("valid_check_type", "check_type");
            table.HasCheckConstraint("valid_counts",
                "healthy >= 0 AND unhealthy >= 0 AND timed_out >= 0 AND unknown >= 0 AND answered BETWEEN 0 AND healthy + unhealthy + timed_out + unknown AND response_time_sum_ms >= 0 AND response_time_max_ms >= 0");
        });
        rollup.HasKey(r => new { r.ServiceInstanceId, r.Resolution, r.Bucket, r.CheckType });
    }
}
