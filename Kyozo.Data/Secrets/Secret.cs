namespace Kyozo.Data.Secrets;

/// <summary>One secret value of a workspace or a service; only the worker can read <see cref="Ciphertext"/> (column grant).</summary>
public sealed class Secret
{
    public Guid Id { get; init; }
    public required Guid TeamId { get; init; }
    public required Guid WorkspaceId { get; init; }
    /// <summary>The service it belongs to; null: generated for the workspace as a whole.</summary>
    public Guid? ServiceInstanceId { get; init; }
    /// <summary>Name of the environment variable or generated credential, <c>[A-Za-z_][A-Za-z0-9_]{0,127}</c>.</summary>
    public required string Name { get; init; }
    /// <summary>AES-256-GCM under the worker's key: nonce, tag, ciphertext.</summary>
    public required byte[] Ciphertext { get; set; }
    public required Guid UpdatedBy { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
}
