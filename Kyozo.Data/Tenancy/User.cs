using Microsoft.AspNetCore.Identity;

namespace Kyozo.Data.Tenancy;

/// <summary>A person (or the reserved <c>operator</c>) who can act; Identity's user, table <c>users</c>.</summary>
public sealed class User : IdentityUser<Guid>
{
    /// <summary>Name of the reserved user as which the local command line acts; it cannot sign in.</summary>
    public const string OperatorName = "operator";

    /// <summary>Name shown to others, at most 100 characters.</summary>
    public required string DisplayName { get; set; }
    /// <summary>May see and use <c>/admin</c>.</summary>
    public bool IsInstallationAdmin { get; set; }
    /// <summary>When the row was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>When it was deleted, or null; the row stays, the trail speaks of it.</summary>
    public DateTimeOffset? DeletedAt { get; set; }
}
