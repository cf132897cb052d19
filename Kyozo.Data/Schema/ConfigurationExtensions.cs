using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Kyozo.Data.Schema;

/// <summary>What the configurations of the entities have in common.</summary>
static class ConfigurationExtensions
{
    const string TeamId = "TeamId";

    /// <summary>Maps a record or list to jsonb.</summary>
    public static PropertyBuilder<T> HasJson<T>(this PropertyBuilder<T> property) =>
        property.HasColumnType("jsonb").HasConversion(new JsonColumnConverter<T>(), new JsonColumnComparer<T>());

    /// <summary>A moment that the database fills in when the program leaves it at its default.</summary>
    public static PropertyBuilder<DateTimeOffset> DefaultsToNow(this PropertyBuilder<DateTimeOffset> property) =>
        property.HasDefaultValueSql("now()");

    /// <summary>CHECK that a column holds one of the words of an enum.</summary>
    public static void HasWords<T>(this TableBuilder table, string constraint, string column) where T : struct, Enum =>
        table.HasCheckConstraint(constraint, $"{column} IN ({string.Join(", ", EnumWords<T>.All.Select(word => $"'{word}'"))})");

    /// <summary>CHECK that the stored form of a jsonb column is at most so large.</summary>
    public static void HasJsonLimit(this TableBuilder table, string column, int kibibytes) =>
        table.HasCheckConstraint($"{column}_size", $"pg_column_size({column}) <= {kibibytes * 1024}");

    /// <summary>Foreign key to a row of the same team: (team_id, parent_id). Without the team a row could name another team's (SAFETY M24).</summary>
    /// <param name="entity">The entity that holds the key.</param>
    /// <param name="property">Name of the property with the parent's id.</param>
    /// <param name="onDelete">For an optional parent <see cref="DeleteBehavior.NoAction"/>: its migration writes <c>ON DELETE SET NULL (column)</c>, which EF has no word for.</param>
    public static void BelongsTo<TParent>(this EntityTypeBuilder entity, string property, DeleteBehavior onDelete) where TParent : class =>
        entity.HasOne(typeof(TParent)).WithMany().HasForeignKey(TeamId, property).HasPrincipalKey(TeamId, "Id").OnDelete(onDelete);

    /// <summary>Foreign key to a row that belongs to no team (users, engines) or to the team itself.</summary>
    public static void RefersTo<TParent>(this EntityTypeBuilder entity, string property) where TParent : class =>
        entity.HasOne(typeof(TParent)).WithMany().HasForeignKey(property).OnDelete(DeleteBehavior.Restrict);
}
