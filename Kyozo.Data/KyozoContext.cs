using Kyozo.Data.Backups;
using Kyozo.Data.Deployments;
using Kyozo.Data.Engines;
using Kyozo.Data.Events;
using Kyozo.Data.Health;
using Kyozo.Data.Metrics;
using Kyozo.Data.Permissions;
using Kyozo.Data.Retention;
using Kyozo.Data.Scheduling;
using Kyozo.Data.Schema;
using Kyozo.Data.Secrets;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Topology;
using Kyozo.Data.Workspaces;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Conventions;

namespace Kyozo.Data;

/// <summary>The database of an installation. One context per operation; which rows it sees is decided by the connection's role and by <see cref="CurrentActor"/>.</summary>
public sealed class KyozoContext(DbContextOptions<KyozoContext> options) : IdentityUserContext<User, Guid>(options)
{
    /// <summary>The tenants.</summary>
    public DbSet<Team> Teams => Set<Team>();
    /// <summary>Who belongs to which team.</summary>
    public DbSet<TeamMembership> TeamMemberships => Set<TeamMembership>();
    /// <summary>Container engines; belong to no team.</summary>
    public DbSet<ContainerEngine> Engines => Set<ContainerEngine>();
    /// <summary>Reserved ports.</summary>
    public DbSet<PortReservation> PortReservations => Set<PortReservation>();
    /// <summary>Root folders.</summary>
    public DbSet<Workspace> Workspaces => Set<Workspace>();
    /// <summary>Indexed files of workspaces.</summary>
    public DbSet<WorkspaceFile> Files => Set<WorkspaceFile>();
    /// <summary>Analyses of folders.</summary>
    public DbSet<TopologyDetection> TopologyDetections => Set<TopologyDetection>();
    /// <summary>What people say about findings.</summary>
    public DbSet<DetectionCorrection> DetectionCorrections => Set<DetectionCorrection>();
    /// <summary>Services.</summary>
    public DbSet<ServiceInstance> ServiceInstances => Set<ServiceInstance>();
    /// <summary>Edges between services.</summary>
    public DbSet<ServiceDependency> ServiceDependencies => Set<ServiceDependency>();
    /// <summary>Containers made by Kyozo.</summary>
    public DbSet<ServiceContainer> ServiceContainers => Set<ServiceContainer>();
    /// <summary>Grants to members.</summary>
    public DbSet<ServicePermission> ServicePermissions => Set<ServicePermission>();
    /// <summary>Requests to change services.</summary>
    public DbSet<Deployment> Deployments => Set<Deployment>();
    /// <summary>Their steps.</summary>
    public DbSet<DeploymentStep> DeploymentSteps => Set<DeploymentStep>();
    /// <summary>What they made.</summary>
    public DbSet<Release> Releases => Set<Release>();
    /// <summary>The services' trail; written by <see cref="EventLog"/> only.</summary>
    public DbSet<DeploymentEvent> DeploymentEvents => Set<DeploymentEvent>();
    /// <summary>The trail about people and the installation; written by <see cref="EventLog"/> only.</summary>
    public DbSet<AuditEvent> AuditEvents => Set<AuditEvent>();
    /// <summary>Signed heads of the trail's chains; written by the worker's maintenance connection only.</summary>
    public DbSet<AuditAnchor> AuditAnchors => Set<AuditAnchor>();
    /// <summary>Probe results.</summary>
    public DbSet<HealthCheck> HealthChecks => Set<HealthCheck>();
    /// <summary>Measured values.</summary>
    public DbSet<ServiceMetric> ServiceMetrics => Set<ServiceMetric>();
    /// <summary>Probe results by minute, hour and day; written by the roll-up only.</summary>
    public DbSet<HealthRollup> HealthRollups => Set<HealthRollup>();
    /// <summary>Measured values by minute, hour and day; written by the roll-up only.</summary>
    public DbSet<MetricRollup> MetricRollups => Set<MetricRollup>();
    /// <summary>Writes outside of the prepared days.</summary>
    public DbSet<MissingPartition> MissingPartitions => Set<MissingPartition>();
    /// <summary>What the gateway counted and the worker has not yet turned into metrics.</summary>
    public DbSet<GatewayCount> GatewayCounts => Set<GatewayCount>();
    /// <summary>Secret values, encrypted.</summary>
    public DbSet<Secret> Secrets => Set<Secret>();
    /// <summary>Runs of scheduled jobs.</summary>
    public DbSet<JobRun> JobRuns => Set<JobRun>();
    /// <summary>Backups of this database.</summary>
    public DbSet<Backup> Backups => Set<Backup>();

    /// <summary>Fixed here, so that no host's options change the schema.</summary>
    protected override Version SchemaVersion => IdentitySchemaVersions.Version2;

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        // Every index is one that a query needs; hot tables do not pay for those of foreign keys.
        configurationBuilder.Conventions.Remove<ForeignKeyIndexConvention>();
        foreach (var type in typeof(KyozoContext).Assembly.GetTypes().Where(type => type.IsEnum))
            configurationBuilder.Properties(type).HaveConversion(typeof(EnumWordConverter<>).MakeGenericType(type)).HaveColumnType("text");
    }

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.Entity<User>().ToTable("users");
        builder.Entity<IdentityUserClaim<Guid>>(claim =>
        {
            claim.ToTable("user_claims", "identity");
            claim.Property(c => c.ClaimType).HasMaxLength(500);
            claim.Property(c => c.ClaimValue).HasMaxLength(2000);
            claim.HasIndex(c => c.UserId);
        });
        builder.Entity<IdentityUserLogin<Guid>>(login =>
        {
            login.ToTable("user_logins", "identity");
            login.Property(l => l.LoginProvider).HasMaxLength(128);
            login.Property(l => l.ProviderKey).HasMaxLength(256);
            login.Property(l => l.ProviderDisplayName).HasMaxLength(256);
            login.HasIndex(l => l.UserId);
        });
        builder.Entity<IdentityUserToken<Guid>>(token =>
        {
            token.ToTable("user_tokens", "identity");
            token.Property(t => t.LoginProvider).HasMaxLength(128);
            token.Property(t => t.Name).HasMaxLength(128);
            token.Property(t => t.Value).HasMaxLength(2000);
        });
        builder.ApplyConfigurationsFromAssembly(typeof(KyozoContext).Assembly);
    }

    /// <summary>What every context of Kyozo has in common, whatever its connection.</summary>
    internal static void Configure(DbContextOptionsBuilder options) => options.UseSnakeCaseNamingConvention();
}
