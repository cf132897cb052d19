using System.Security.Cryptography;
using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Engine.Events;

/// <summary>What one round of anchoring did.</summary>
/// <param name="Anchored">Anchors made.</param>
/// <param name="Broken">Chains that do not fit what was anchored before or their own head, a sentence each; they got no anchor.</param>
public sealed record AnchoringDone(int Anchored, IReadOnlyList<string> Broken);

/// <summary>The trail is not what it was when it was last anchored.</summary>
public sealed class TrailBrokenException(IReadOnlyList<string> broken)
    : Exception($"The trail was changed from outside or is damaged: {string.Join("; ", broken.Take(5))}{(broken.Count > 5 ? $"; and {broken.Count - 5} more" : "")}. Look with: ./kyozo audit verify");

/// <summary>
/// Signs the heads of all chains that grew since their last anchor, into <c>audit_anchors</c> and then into the file outside the database. The table comes first:
/// what a crash keeps from the file, the next round brings. A chain that no longer fits its last anchor gets none: its last good anchor is the evidence.
/// </summary>
public sealed class AnchorWriter(MaintenanceDataSource database, AnchorFile file, KyozoHome home, TimeProvider clock)
{
    /// <summary>One writer at a time; a check takes it while it notes how far table and file are.</summary>
    public const string Lock = "kyozo:anchors";

    const int Batch = 500;
    static readonly TimeSpan Wait = TimeSpan.FromMinutes(1);

    /// <summary>Anchors what is new.</summary>
    /// <exception cref="TrailBrokenException">A chain was cut, rewritten or torn from its head; all others are anchored.</exception>
    public async Task<AnchoringDone> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var held = await DatabaseLocks.TakeAsync(connection, Lock, Wait, clock, cancellationToken)
            ?? throw new TimeoutException("Another round of anchoring or a check of the trail did not end within a minute.");
        var key = AnchorKey.ReadOrCreate(home);
        var round = await BeginAsync(connection, key, cancellationToken);
        foreach (var table in new[] { TrailTable.Services, TrailTable.People })
        {
            foreach (var chain in await GrownAsync(connection, table, cancellationToken)) await AnchorAsync(connection, table, chain, round, cancellationToken);
        }

        await round.FlushAsync(connection, cancellationToken);
        await BringFileUpAsync(connection, key, cancellationToken);
        return round.Broken.Count == 0 ? new(round.Count, round.Broken) : throw new TrailBrokenException(round.Broken);
    }

    // Where the file is ahead, rows were taken out of the table or an older copy of it was restored: numbers go on after the file's, the gap stays to be seen.
    async Task<Round> BeginAsync(NpgsqlConnection connection, AnchorKey key, CancellationToken cancellationToken)
    {
        var now = (await QueryAsync(connection, "SELECT clock_timestamp()", r => r.GetFieldValue<DateTimeOffset>(0), cancellationToken))[0];
        var inTable = (await QueryAsync(connection, $"SELECT {AnchorRows.Columns} FROM audit_anchors a ORDER BY number DESC LIMIT 1", AnchorRows.Read, cancellationToken)).FirstOrDefault();
        var inFile = await file.ReadLastAsync(cancellationToken);
        var last = inFile is not null && key.HasSigned(inFile) && inFile.Number >= (inTable?.Number ?? 0) ? inFile : inTable;
        return new(key, now, last);
    }

    static Task<List<GrownChain>> GrownAsync(NpgsqlConnection connection, TrailTable table, CancellationToken cancellationToken) =>
        QueryAsync(
            connection,
            $"""
            SELECT h.team_id, {(table.IsOfServices ? "h.service_instance_id" : "NULL::uuid")}, h.last_sequence_num, h.last_hash,
                   coalesce(a.sequence_num, 0), coalesce(a.hash, ''), coalesce(a.last_occurred_at, '2000-01-01Z')
            FROM {table.Heads} h
            LEFT JOIN LATERAL (
                SELECT sequence_num, hash, last_occurred_at FROM audit_anchors a
                WHERE a.team_id = h.team_id AND a.service_instance_id {(table.IsOfServices ? "= h.service_instance_id" : "IS NULL")}
                ORDER BY a.from_sequence_num DESC LIMIT 1) a ON true
            WHERE h.last_sequence_num > 0 AND (h.last_sequence_num, h.last_hash) IS DISTINCT FROM (a.sequence_num, a.hash)
            ORDER BY 1, 2
            """,
            r => new GrownChain(
                r.GetGuid(0), r.IsDBNull(1) ? null : r.GetGuid(1), r.GetInt64(2), r.GetFieldValue<byte[]>(3), r.GetInt64(4), r.GetFieldValue<byte[]>(5), r.GetFieldValue<DateTimeOffset>(6)),
            cancellationToken);

    static async Task AnchorAsync(NpgsqlConnection connection, TrailTable table, GrownChain chain, Round round, CancellationToken cancellationToken)
    {
        var anchors = new List<Unsigned>();
        var broken = chain.HeadNumber <= chain.AnchoredNumber ? $"its head stands at number {chain.HeadNumber}, {chain.AnchoredNumber} were anchored" : null;
        if (broken is null)
        {
            await using var command = new NpgsqlCommand(
                $"""
                SELECT sequence_num, hash, occurred_at FROM {table.Name} WHERE {table.Chain} = $1 AND sequence_num BETWEEN $2 AND $3 AND occurred_at >= $4
                {(table.Archive is null ? "" : $"UNION ALL SELECT sequence_num, hash, occurred_at FROM {table.Archive} WHERE {table.Chain} = $1 AND sequence_num BETWEEN $2 AND $3 AND occurred_at >= $4")}
                ORDER BY 1
                """,
                connection)
            {
                CommandTimeout = 0,
            };
            foreach (var value in (object[])[chain.Service ?? chain.Team, chain.AnchoredNumber, chain.HeadNumber, chain.AnchoredUntil]) command.Parameters.Add(new() { Value = value });
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);
            broken = await CollectAsync(rows, chain, anchors, cancellationToken);
        }

        if (broken is not null)
        {
            round.Broken.Add($"{(chain.Service is { } service ? $"service {service}" : $"team {chain.Team}")}: {broken}");
            return;
        }

        foreach (var anchor in anchors) round.Add(chain, anchor);
        if (round.Waiting >= Batch) await round.FlushAsync(connection, cancellationToken);
    }

    /// <returns>What does not fit, or null.</returns>
    static async Task<string?> CollectAsync(NpgsqlDataReader rows, GrownChain chain, List<Unsigned> anchors, CancellationToken cancellationToken)
    {
        var next = Math.Max(chain.AnchoredNumber, 1);
        var current = new Unsigned(chain.AnchoredNumber + 1);
        while (await rows.ReadAsync(cancellationToken))
        {
            var (number, hash) = (rows.GetInt64(0), rows.GetFieldValue<byte[]>(1));
            if (hash.Length != SHA256.HashSizeInBytes) return $"number {number} has no hash";
            if (number != next) return $"after number {next - 1} comes number {number}";
            next++;
            if (number == chain.AnchoredNumber)
            {
                if (!hash.AsSpan().SequenceEqual(chain.AnchoredHash)) return $"number {number} is not the row that was anchored";
                continue;
            }

            current.Add(number, hash, rows.GetFieldValue<DateTimeOffset>(2));
            if (current.Rows < AuditAnchor.MaxRows) continue;
            anchors.Add(current);
            current = new(number + 1);
        }

        if (current.Rows > 0) anchors.Add(current);
        if (next != chain.HeadNumber + 1) return $"its rows end at number {next - 1}, its head says {chain.HeadNumber}";
        return anchors[^1].Hash.AsSpan().SequenceEqual(chain.HeadHash) ? null : $"its head has another hash than its last row, number {chain.HeadNumber}";
    }

    async Task BringFileUpAsync(NpgsqlConnection connection, AnchorKey key, CancellationToken cancellationToken)
    {
        var last = await file.ReadLastAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"SELECT {AnchorRows.Columns} FROM audit_anchors a WHERE number > $1 ORDER BY number", connection) { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = last?.Number ?? 0 });
        // What somebody else put into the table has no place among the evidence.
        await file.AppendAsync(AnchorRows.ReadAsync(command, cancellationToken).Where(key.HasSigned), cancellationToken);
    }

    static async Task<List<T>> QueryAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken)) rows.Add(read(reader));
        return rows;
    }

    sealed record GrownChain(Guid Team, Guid? Service, long HeadNumber, byte[] HeadHash, long AnchoredNumber, byte[] AnchoredHash, DateTimeOffset AnchoredUntil);

    /// <summary>The rows that one anchor will hold.</summary>
    sealed class Unsigned(long from)
    {
        readonly List<byte> _marks = [];

        public long From => from;
        public long To { get; private set; } = from - 1;
        public int Rows => (int)(To - From + 1);
        public byte[] Hash { get; private set; } = [];
        public DateTimeOffset LastAt { get; private set; }
        public byte[] Marks => [.. _marks];

        public void Add(long number, byte[] hash, DateTimeOffset at)
        {
            (To, Hash, LastAt) = (number, hash, at);
            _marks.AddRange(hash.AsSpan(0, AuditAnchor.MarkBytes));
        }
    }

    /// <summary>The anchors of one round, signed one after the other.</summary>
    sealed class Round(AnchorKey key, DateTimeOffset now, AuditAnchor? last)
    {
        readonly List<AuditAnchor> _waiting = [];
        AuditAnchor? _last = last;

        public int Count { get; private set; }
        public int Waiting => _waiting.Count;
        public List<string> Broken { get; } = [];

        public void Add(GrownChain chain, Unsigned rows)
        {
            var anchor = new AuditAnchor
            {
                Number = (_last?.Number ?? 0) + 1,
                TeamId = chain.Team,
                ServiceInstanceId = chain.Service,
                FromSequenceNum = rows.From,
                SequenceNum = rows.To,
                LastOccurredAt = rows.LastAt,
                Hash = rows.Hash,
                Marks = rows.Marks,
                AnchoredAt = now,
                PreviousSignature = _last?.Signature ?? [],
            };
            _last = anchor with { Signature = key.Sign(anchor) };
            _waiting.Add(_last);
            Count++;
        }

        public async Task FlushAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        {
            if (_waiting.Count == 0) return;
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var batch = new NpgsqlBatch(connection, transaction);
            foreach (var anchor in _waiting) batch.BatchCommands.Add(AnchorRows.Insert(anchor));
            await batch.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            _waiting.Clear();
        }
    }
}
