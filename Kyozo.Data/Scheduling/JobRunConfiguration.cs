using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Scheduling;

sealed class JobRunConfiguration : IEntityTypeConfiguration<JobRun>
{
    public void Configure(EntityTypeBuilder<JobRun> run)
    {
        run.ToTable("job_runs");
        run.RefersTo<User>(nameof(JobRun.RequestedBy));
        run.Property(r => r.JobName).HasMaxLength(100);
        run.Property(r => r.StartedAt).DefaultsToNow();
        run.Property(r => r.Outcome).HasMaxLength(2000);
        run.Property(r => r.Node).HasMaxLength(200);
        run.HasIndex(r => new { r.JobName, r.StartedAt }).IsDescending(false, true);
        run.HasIndex(r => r.StartedAt);
    }
}
