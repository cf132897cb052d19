namespace Kyozo.Data.Events;

/// <summary>
/// The head of one chain of the trail at one moment, signed with a key outside the database (DESIGN §5). It holds every row that the chain grew by since
/// the anchor before it: whoever changes one of them and hashes everything after it anew still disagrees with the anchor. Each anchor also covers the
/// signature of the anchor before it, of whatever chain, so that none can be taken out.
/// </summary>
public sealed record AuditAnchor
{
    /// <summary>Bytes of a row's hash that <see cref="Marks"/> keeps: enough to tell which row it was, the whole hash of the last row proves it.</summary>
    public const int MarkBytes = 8;

    /// <summary>Most rows that one anchor holds.</summary>
    public const int MaxRows = 4096;

    /// <summary>Key; rises by one from 1 over the whole installation.</summary>
    public required long Number { get; init; }
    /// <summary>The team whose trail it holds.</summary>
    public required Guid TeamId { get; init; }
    /// <summary>The service whose events it holds; null: the team's audit events.</summary>
    public Guid? ServiceInstanceId { get; init; }
    /// <summary>Number of the first row that it holds.</summary>
    public required long FromSequenceNum { get; init; }
    /// <summary>Number of the last row that it holds.</summary>
    public required long SequenceNum { get; init; }
    /// <summary>When that last row happened.</summary>
    public required DateTimeOffset LastOccurredAt { get; init; }
    /// <summary>Hash of that last row.</summary>
    public required byte[] Hash { get; init; }
    /// <summary>The first <see cref="MarkBytes"/> bytes of the hash of each row that it holds, in their order.</summary>
    public required byte[] Marks { get; init; }
    /// <summary>When it was made, by the database's clock.</summary>
    public required DateTimeOffset AnchoredAt { get; init; }
    /// <summary>Signature of the anchor before it; empty for the first.</summary>
    public required byte[] PreviousSignature { get; init; }
    /// <summary>HMAC-SHA256 over all of the above.</summary>
    public byte[] Signature { get; init; } = [];

    /// <summary>What it keeps of the hash of one of its rows.</summary>
    public ReadOnlySpan<byte> MarkOf(long sequenceNum) => Marks.AsSpan((int)(sequenceNum - FromSequenceNum) * MarkBytes, MarkBytes);
}
