namespace Kyozo.Data.Secrets;

/// <summary>One secret value of a workspace or a service; only the worker can read <see cref="Ciphertext"/> (column grant).</summary>
public sealed class Secret
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>The team it belongs to.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The workspace it belongs to.</summary>
    public required Guid WorkspaceId { get; init; }
    /// <summary>The service it belongs to; null: generated for the workspace as a whole.</summary>
    public Guid? ServiceInstanceId { get; init; }
    /// <summary>Name of the environment variable or generated credential, <c>[A-Za-z_][A-Za-z0-9_]{0,127}</c>.</summary>
    public required string Name { get; init; }
    /// <summary>AES-256-GCM under the worker's key: nonce, tag, ciphertext.</summary>
    public required byte[] Ciphertext { get; set; }
    /// <summary>Who wrote it last.</summary>
    public required Guid UpdatedBy { get; set; }
    /// <summary>When it was last written.</summary>
    public DateTimeOffset UpdatedAt { get; set; }
}
