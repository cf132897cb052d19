namespace Kyozo.Data.Tenancy;

/// <summary>The tenant: owns workspaces; its rows are walled off by row level security.</summary>
public sealed class Team
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>Name shown to people, 1..100 characters.</summary>
    public required string Name { get; set; }
    /// <summary>Name for addresses and commands, <c>[a-z0-9][a-z0-9-]{0,62}</c>.</summary>
    public required string Slug { get; set; }
    /// <summary>When the row was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>When it was deleted, or null; the row stays, the trail speaks of it.</summary>
    public DateTimeOffset? DeletedAt { get; set; }
}

/// <summary>A person's role in a team.</summary>
public sealed class TeamMembership
{
    /// <summary>The team.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }
    /// <summary>What the person is in the team.</summary>
    public required TeamRole Role { get; set; }
    /// <summary>When the row was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Owners and admins hold every service permission; members only what is granted (DESIGN §4).</summary>
public enum TeamRole
{
    /// <summary>Holds what is granted.</summary>
    Member,
    /// <summary>Holds all six service permissions, grants them, makes workspaces.</summary>
    Admin,
    /// <summary>An admin who also manages owners and the team itself.</summary>
    Owner,
}
