using Kyozo.Data.Events;
using Npgsql;

namespace Kyozo.Engine.Events;

/// <summary>Anchors as rows of <c>audit_anchors</c>.</summary>
static class AnchorRows
{
    public const string Columns =
        "a.number, a.team_id, a.service_instance_id, a.from_sequence_num, a.sequence_num, a.last_occurred_at, a.hash, a.marks, a.anchored_at, a.previous_signature, a.signature";

    public static AuditAnchor Read(NpgsqlDataReader row) => new()
    {
        Number = row.GetInt64(0),
        TeamId = row.GetGuid(1),
        ServiceInstanceId = row.IsDBNull(2) ? null : row.GetGuid(2),
        FromSequenceNum = row.GetInt64(3),
        SequenceNum = row.GetInt64(4),
        LastOccurredAt = row.GetFieldValue<DateTimeOffset>(5),
        Hash = row.GetFieldValue<byte[]>(6),
        Marks = row.GetFieldValue<byte[]>(7),
        AnchoredAt = row.GetFieldValue<DateTimeOffset>(8),
        PreviousSignature = row.GetFieldValue<byte[]>(9),
        Signature = row.GetFieldValue<byte[]>(10),
    };

    public static NpgsqlBatchCommand Insert(AuditAnchor anchor)
    {
        var command = new NpgsqlBatchCommand("INSERT INTO audit_anchors VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
        object?[] values =
        [
            anchor.Number, anchor.TeamId, anchor.ServiceInstanceId, anchor.FromSequenceNum, anchor.SequenceNum, anchor.LastOccurredAt, anchor.Hash, anchor.Marks,
            anchor.AnchoredAt, anchor.PreviousSignature, anchor.Signature,
        ];
        foreach (var value in values) command.Parameters.Add(value is null ? new() { Value = DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid } : new() { Value = value });
        return command;
    }

    /// <summary>Runs a query and gives its anchors as they come.</summary>
    public static async IAsyncEnumerable<AuditAnchor> ReadAsync(NpgsqlCommand command, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) yield return Read(reader);
    }
}
