using System.Runtime.CompilerServices;
using Kyozo.Data;
using Kyozo.Data.Events;
using Npgsql;

namespace Kyozo.Engine.Events;

/// <summary>
/// Reads the whole trail – archive, live tables, heads, anchors in table and file – in the order of its numbers at one moment, and names the first row of each
/// chain that is not what was written. Rows stream through; nothing of the database but its rows is trusted, least of all its hash functions.
/// </summary>
/// <param name="open">Opens a connection that sees every row: the owner's or a superuser's.</param>
/// <param name="home">Where key and anchor file are; without the key signatures are not checked, and a note says so.</param>
/// <param name="clock">Measures waiting.</param>
public sealed class TrailVerifier(Func<CancellationToken, ValueTask<NpgsqlConnection>> open, KyozoHome home, TimeProvider clock)
{
    /// <summary>Most faults that are told one by one; the rest is counted.</summary>
    public const int MostFaults = 50;

    const int ProgressEvery = 10_000;

    /// <summary>Checks the trail of one team, or of the whole installation.</summary>
    /// <exception cref="TimeoutException">A round of anchoring did not end within five minutes.</exception>
    public async Task<TrailReport> VerifyAsync(Guid? team, IProgress<TrailProgress>? progress, CancellationToken cancellationToken)
    {
        var file = new AnchorFile(home);
        var key = AnchorKey.TryRead(home);
        await using var snapshot = await TrailSnapshot.TakeAsync(open, file, clock, cancellationToken);
        var anchors = new AnchorWalk(key, file.Exists);
        await WalkAnchorsAsync(snapshot, file, anchors, cancellationToken);

        var sums = new Sums(progress, await ExpectedRowsAsync(snapshot, cancellationToken));
        foreach (var fault in await HiddenAsync(snapshot, cancellationToken)) sums.Report(fault);
        foreach (var table in new[] { TrailTable.Services, TrailTable.People })
            await WalkChainsAsync(snapshot, table, team, key, anchors.OnlyInFile, sums, cancellationToken);

        var ofAnchors = anchors.Faults.Where(fault => team is null || fault.TeamId is null || fault.TeamId == team).ToList();
        var faults = await NamedAsync(snapshot, [.. sums.Faults, .. ofAnchors], cancellationToken);
        return new(
            faults, sums.FaultCount + (team is null ? anchors.FaultCount : ofAnchors.Count), sums.Chains, sums.Rows, sums.Archived, anchors.Count, anchors.LastAt, sums.NotAnchored,
            [.. Notes(file, key, anchors)]);
    }

    IEnumerable<string> Notes(AnchorFile file, AnchorKey? key, AnchorWalk anchors)
    {
        if (anchors.Count == 0) yield return "Nothing was ever anchored: the worker does so hourly. Until then chain and heads alone hold the trail together.";
        else if (key is null) yield return $"Signatures were not checked: the key ({home.AnchorKeyFile}) is not on this machine, or this user may not read it.";
        if (anchors.Count > 0 && !file.Exists) yield return $"There is no anchor file ({file.Path}): anchors that were taken out of the table at its end cannot be missed. The worker's next round writes it anew.";
        else if (anchors.NotInFile > 0) yield return $"{anchors.NotInFile:N0} anchors are not in the anchor file; the worker's next round adds what came after its last line.";
    }

    static async Task WalkAnchorsAsync(TrailSnapshot snapshot, AnchorFile file, AnchorWalk walk, CancellationToken cancellationToken)
    {
        await using var inTable = await Cursor<AuditAnchor>.OpenAsync(
            TrailSnapshot.ReadAsync(snapshot.Anchors, $"SELECT {AnchorRows.Columns} FROM public.audit_anchors a ORDER BY a.number", null, AnchorRows.Read, cancellationToken), cancellationToken);
        await using var inFile = await Cursor<AuditAnchor>.OpenAsync(InOrderAsync(file.ReadAsync(snapshot.FileLength, cancellationToken), walk, cancellationToken), cancellationToken);
        while (inTable.HasCurrent || inFile.HasCurrent)
        {
            var next = Math.Min(inTable.HasCurrent ? inTable.Current.Number : long.MaxValue, inFile.HasCurrent ? inFile.Current.Number : long.MaxValue);
            var ofTable = inTable.HasCurrent && inTable.Current.Number == next ? inTable.Current : null;
            var ofFile = inFile.HasCurrent && inFile.Current.Number == next ? inFile.Current : null;
            walk.Check(ofTable, ofFile);
            if (ofTable is not null) await inTable.MoveAsync();
            if (ofFile is not null) await inFile.MoveAsync();
        }
    }

    static async IAsyncEnumerable<AuditAnchor> InOrderAsync(IAsyncEnumerable<AuditAnchor?> lines, AnchorWalk walk, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (line, last) = (0L, 0L);
        await foreach (var anchor in lines.WithCancellation(cancellationToken))
        {
            line++;
            if (anchor is null || anchor.Number <= last) walk.BadLine(line);
            else yield return anchor;
            last = Math.Max(last, anchor?.Number ?? 0);
        }
    }

    static async Task WalkChainsAsync(
        TrailSnapshot snapshot, TrailTable table, Guid? team, AnchorKey? key, List<AuditAnchor> onlyInFile, Sums sums, CancellationToken cancellationToken)
    {
        await using var rows = await Cursor<TrailRow>.OpenAsync(TrailSnapshot.ReadAsync(snapshot.Rows, table.RowsSql(team is not null), team, ReadRow, cancellationToken), cancellationToken);
        await using var heads = await Cursor<TrailHead>.OpenAsync(TrailSnapshot.ReadAsync(snapshot.Heads, table.HeadsSql(team is not null), team, ReadHead, cancellationToken), cancellationToken);
        await using var anchors = await Cursor<AuditAnchor>.OpenAsync(
            MergedAsync(
                TrailSnapshot.ReadAsync(snapshot.Anchors, table.AnchorsSql(team is not null), team, AnchorRows.Read, cancellationToken).Where(anchor => key?.HasSigned(anchor) ?? true),
                onlyInFile.Where(anchor => anchor.ServiceInstanceId is not null == table.IsOfServices && (team is null || anchor.TeamId == team)).OrderBy(ChainOf).ThenBy(anchor => anchor.FromSequenceNum),
                cancellationToken),
            cancellationToken);

        while (rows.HasCurrent || heads.HasCurrent || anchors.HasCurrent)
        {
            var chain = new[] { rows.HasCurrent ? rows.Current.Chain : (Guid?)null, heads.HasCurrent ? heads.Current.Chain : null, anchors.HasCurrent ? ChainOf(anchors.Current) : null }.Min()!.Value;
            TrailHead? head = null;
            for (; heads.HasCurrent && heads.Current.Chain == chain; await heads.MoveAsync()) head = heads.Current;

            var walk = new ChainWalk(table, chain, head);
            while (rows.HasCurrent && rows.Current.Chain == chain)
            {
                var row = rows.Current;
                await rows.MoveAsync();
                for (; IsOfChain() && anchors.Current.FromSequenceNum <= row.Number; await anchors.MoveAsync()) walk.Add(anchors.Current);
                walk.Check(row, rows.HasCurrent && rows.Current.Chain == chain ? rows.Current : null);
                sums.Count(row);
            }

            for (; IsOfChain(); await anchors.MoveAsync()) walk.Add(anchors.Current);
            walk.End();
            sums.Count(walk);

            bool IsOfChain() => anchors.HasCurrent && ChainOf(anchors.Current) == chain;
        }

        static Guid ChainOf(AuditAnchor anchor) => anchor.ServiceInstanceId ?? anchor.TeamId;
    }

    static async IAsyncEnumerable<AuditAnchor> MergedAsync(
        IAsyncEnumerable<AuditAnchor> ofTable, IEnumerable<AuditAnchor> ofFile, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var kept = new Queue<AuditAnchor>(ofFile);
        await foreach (var anchor in ofTable.WithCancellation(cancellationToken))
        {
            while (kept.TryPeek(out var other) && Place(other).CompareTo(Place(anchor)) < 0) yield return kept.Dequeue();
            yield return anchor;
        }

        foreach (var other in kept) yield return other;

        static (Guid, long) Place(AuditAnchor anchor) => (anchor.ServiceInstanceId ?? anchor.TeamId, anchor.FromSequenceNum);
    }

    static TrailRow ReadRow(NpgsqlDataReader r) =>
        new(r.GetGuid(0), r.GetGuid(1), r.GetInt64(2), r.GetGuid(3), r.IsDBNull(4) ? null : r.GetInt64(4), r.GetFieldValue<byte[]>(5), r.GetString(6), r.GetBoolean(7));

    static TrailHead ReadHead(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetInt64(2), r.IsDBNull(3) ? null : r.GetInt64(3), r.GetFieldValue<byte[]>(4));

    // The owner is under row level security like everybody: a policy of somebody's own, or a view in a table's place, would show the check another trail.
    static async Task<List<TrailFault>> HiddenAsync(TrailSnapshot snapshot, CancellationToken cancellationToken) =>
        await TrailSnapshot.ReadAsync(
            snapshot.Heads,
            """
            SELECT t.name FROM unnest(ARRAY['deployment_events', 'deployment_events_archive', 'event_heads', 'audit_events', 'audit_heads', 'audit_anchors']) t (name)
            JOIN pg_class c ON c.relname = t.name AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'public')
            JOIN pg_roles me ON me.rolname = current_user
            WHERE c.relkind NOT IN ('r', 'p') OR c.relrowsecurity AND NOT (me.rolsuper OR me.rolbypassrls) AND (
                NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('*', 'r')
                    AND p.polroles && ARRAY[0::oid, me.oid] AND pg_get_expr(p.polqual, c.oid) = 'true')
                OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd IN ('*', 'r') AND p.polroles && ARRAY[0::oid, me.oid]))
            """,
            null, r => r.GetString(0), cancellationToken)
            .Select(name => new TrailFault(name, TrailFaultKind.RowsHidden, $"The policies of {name} were changed so that rows may be hidden from this check. `./kyozo db verify` says more.", null, null, null, null, null))
            .ToListAsync(cancellationToken);

    static async Task<long> ExpectedRowsAsync(TrailSnapshot snapshot, CancellationToken cancellationToken) =>
        await TrailSnapshot.ReadAsync(
            snapshot.Heads,
            """
            SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c
            WHERE c.oid = 'public.audit_events'::regclass OR EXISTS (
                SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid AND i.inhparent IN ('public.deployment_events'::regclass, 'public.deployment_events_archive'::regclass))
            """,
            null, r => r.GetInt64(0), cancellationToken).FirstAsync(cancellationToken);

    static async Task<List<TrailFault>> NamedAsync(TrailSnapshot snapshot, List<TrailFault> faults, CancellationToken cancellationToken)
    {
        if (faults.Count == 0) return faults;
        var names = new Dictionary<Guid, string>();
        await foreach (var (id, name) in TrailSnapshot.ReadAsync(snapshot.Heads, "SELECT id, name FROM public.teams", null, r => (r.GetGuid(0), r.GetString(1)), cancellationToken)) names[id] = name;
        foreach (var service in faults.Select(fault => fault.ServiceInstanceId).OfType<Guid>().Distinct())
        {
            await foreach (var name in TrailSnapshot.ReadAsync(snapshot.Heads, "SELECT name FROM public.service_instances WHERE id = $1", service, r => r.GetString(0), cancellationToken)) names[service] = name;
        }

        return faults.ConvertAll(fault => fault with { Team = NameOf(fault.TeamId), Service = NameOf(fault.ServiceInstanceId) });

        string? NameOf(Guid? id) => id is { } known ? names.GetValueOrDefault(known) : null;
    }

    /// <summary>What comes together over all chains.</summary>
    sealed class Sums(IProgress<TrailProgress>? progress, long expected)
    {
        public List<TrailFault> Faults { get; } = [];
        public long FaultCount { get; private set; }
        public long Chains { get; private set; }
        public long Rows { get; private set; }
        public long Archived { get; private set; }
        public long NotAnchored { get; private set; }

        public void Count(TrailRow row)
        {
            Rows++;
            if (row.Archived) Archived++;
            if (Rows % ProgressEvery == 0) progress?.Report(new(Rows, Math.Max(expected, Rows)));
        }

        public void Count(ChainWalk walk)
        {
            Chains++;
            NotAnchored += walk.RowsNotAnchored;
            if (walk.Fault is { } fault) Report(fault);
        }

        public void Report(TrailFault fault)
        {
            FaultCount++;
            if (Faults.Count < MostFaults) Faults.Add(fault);
        }
    }
}
