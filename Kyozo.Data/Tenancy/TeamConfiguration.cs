using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Tenancy;

sealed class TeamConfiguration : IEntityTypeConfiguration<Team>
{
    public void Configure(EntityTypeBuilder<Team> team)
    {
        team.ToTable("teams", table => table.HasCheckConstraint("valid_slug", "slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'"));
        team.Property(t => t.Name).HasMaxLength(100);
        team.Property(t => t.Slug).HasMaxLength(63);
        team.Property(t => t.CreatedAt).DefaultsToNow();
        team.HasIndex(t => t.Slug).IsUnique().HasFilter("deleted_at IS NULL");
    }
}

sealed class TeamMembershipConfiguration : IEntityTypeConfiguration<TeamMembership>
{
    public void Configure(EntityTypeBuilder<TeamMembership> membership)
    {
        membership.ToTable("team_memberships", table => table.HasWords<TeamRole>("valid_role", "role"));
        membership.HasKey(m => new { m.TeamId, m.UserId });
        membership.RefersTo<Team>(nameof(TeamMembership.TeamId));
        membership.RefersTo<User>(nameof(TeamMembership.UserId));
        membership.Property(m => m.CreatedAt).DefaultsToNow();
        membership.HasIndex(m => m.UserId);
    }
}
