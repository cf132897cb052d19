using Kyozo.Data.Deployments;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Engines;

sealed class ContainerEngineConfiguration : IEntityTypeConfiguration<ContainerEngine>
{
    public void Configure(EntityTypeBuilder<ContainerEngine> engine)
    {
        engine.ToTable("engines", table => table.HasWords<EngineState>("valid_engine_state", "state"));
        engine.Property(e => e.Name).HasMaxLength(63);
        engine.Property(e => e.Endpoint).HasMaxLength(500);
        engine.Property(e => e.State).HasDefaultValue(EngineState.Unknown);
        engine.Property(e => e.StateSince).DefaultsToNow();
        engine.Property(e => e.Version).HasMaxLength(100);
        engine.Property(e => e.CreatedAt).DefaultsToNow();
        engine.HasIndex(e => e.Name).IsUnique();
    }
}

sealed class PortReservationConfiguration : IEntityTypeConfiguration<PortReservation>
{
    public void Configure(EntityTypeBuilder<PortReservation> reservation)
    {
        reservation.ToTable("port_reservations", table =>
        {
            table.HasWords<PortUse>("valid_port_use", "use");
            table.HasCheckConstraint("valid_port", "port BETWEEN 1 AND 65535 AND container_port BETWEEN 1 AND 65535");
        });
        reservation.RefersTo<ContainerEngine>(nameof(PortReservation.EngineId));
        reservation.BelongsTo<ServiceInstance>(nameof(PortReservation.ServiceInstanceId), DeleteBehavior.Cascade);
        reservation.BelongsTo<ServiceContainer>(nameof(PortReservation.ServiceContainerId), DeleteBehavior.Cascade);
        reservation.Property(r => r.ReservedAt).DefaultsToNow();
        reservation.HasIndex(r => new { r.EngineId, r.Port }).IsUnique();
        reservation.HasIndex(r => new { r.TeamId, r.ServiceInstanceId });
        reservation.HasIndex(r => r.ServiceContainerId);
    }
}
