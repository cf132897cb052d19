using System.Security.Cryptography;
using System.Text;
using Kyozo.Data.Events;

namespace Kyozo.Engine.Events;

/// <summary>One row of the trail, with the text that its hash is over. Its chain is the service, or the team for audit events; its moment counts from 1970, null is none at all.</summary>
readonly record struct TrailRow(Guid Chain, Guid Team, long Number, Guid Id, long? Microseconds, byte[] Hash, string Text, bool Archived)
{
    public DateTimeOffset? OccurredAt => Microseconds is { } micros ? DateTimeOffset.UnixEpoch.AddTicks(micros * 10) : null;
}

/// <summary>The head of a chain.</summary>
readonly record struct TrailHead(Guid Chain, Guid Team, long Number, long? Microseconds, byte[] Hash);

/// <summary>
/// Follows one chain from its first row to its head and names the first thing that is not as it was written. Decides without I/O: rows come in the order of
/// their numbers, each anchor before the first row that it holds. Holds no more than the anchors of the current row.
/// </summary>
sealed class ChainWalk(TrailTable table, Guid chain, TrailHead? head)
{
    readonly List<AuditAnchor> _anchors = [];
    long _next = 1;
    byte[] _previous = [];
    TrailRow? _last;
    TrailRow? _beyondHead;

    /// <summary>The first fault, or null so far.</summary>
    public TrailFault? Fault { get; private set; }

    /// <summary>Rows that fit and that no anchor holds.</summary>
    public long RowsNotAnchored => _next - 1 - Math.Min(AnchoredTo, _next - 1);

    /// <summary>The last number that an anchor holds.</summary>
    public long AnchoredTo { get; private set; }

    /// <summary>An anchor, signed as it should be, whose first row has not come yet.</summary>
    public void Add(AuditAnchor anchor)
    {
        _anchors.Add(anchor);
        AnchoredTo = Math.Max(AnchoredTo, anchor.SequenceNum);
    }

    /// <summary>The next row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="following">The row after it in this chain, or null at the end.</param>
    public void Check(TrailRow row, TrailRow? following)
    {
        if (Fault is not null) return;
        if (row.Number > _next)
        {
            Fault = Gone(_next, row);
            return;
        }

        if (row.Number < _next)
        {
            Fault = At(row, TrailFaultKind.NumberTwice, row.Number < 1
                ? "This row was added: numbers begin at 1."
                : $"Two rows bear this number: this one was added beside {_last!.Value.Id} ({PlaceOf(_last.Value)}).");
            return;
        }

        Fault = Misfit(row);
        if (Fault is not null && following is { } other && other.Number == row.Number)
        {
            var intruder = Misfit(other) is null ? row : other;
            Fault = At(intruder, TrailFaultKind.NumberTwice, $"Two rows bear this number: {row.Id} ({PlaceOf(row)}) and {other.Id} ({PlaceOf(other)}).");
        }

        if (Fault is not null) return;
        if (row.Number == head?.Number + 1) _beyondHead = row;
        (_previous, _last, _next) = (row.Hash, row, row.Number + 1);
        _anchors.RemoveAll(anchor => anchor.SequenceNum < _next);
    }

    /// <summary>After the last row: what the head and the anchors say beyond it.</summary>
    public void End()
    {
        if (Fault is not null) return;
        var last = _next - 1;
        if (AnchoredTo > last || head?.Number > last) Fault = last == 0 ? AllGone() : TailGone(last);
        else if (last > 0) Fault = HeadFault(last);
    }

    TrailFault? Misfit(TrailRow row)
    {
        if (!row.Hash.AsSpan().SequenceEqual(HashOf(row)))
        {
            var known = _anchors.Find(anchor => anchor.FromSequenceNum <= row.Number);
            return At(row, TrailFaultKind.HashDiffers, known is not null
                ? known.MarkOf(row.Number).SequenceEqual(Mark(row.Hash)) ? "The row was changed: its hash is the anchored one, what stands in it is not." : "The row was changed, or the hash that stands in it."
                : "The row was changed, or the row before it together with its hash: this hash does not follow from the two.");
        }

        foreach (var anchor in _anchors)
        {
            if (anchor.FromSequenceNum > row.Number) continue;
            if (!anchor.MarkOf(row.Number).SequenceEqual(Mark(row.Hash)) || row.Number == anchor.SequenceNum && !anchor.Hash.AsSpan().SequenceEqual(row.Hash))
                return At(row, TrailFaultKind.AnchorDisagrees, $"Another row was anchored under this number at {anchor.AnchoredAt:yyyy-MM-dd HH:mm:ss} UTC (anchor {anchor.Number}): it was changed, removed or pushed aside, and what follows was hashed anew.");
        }

        return row.Microseconds is null || row.Microseconds < _last?.Microseconds
            ? At(row, TrailFaultKind.TimeRunsBack, "It is older than the row before it; the database never writes one so.")
            : null;
    }

    byte[] HashOf(TrailRow row) => SHA256.HashData([.. _previous, .. Encoding.UTF8.GetBytes(row.Text)]);

    static ReadOnlySpan<byte> Mark(byte[] hash) => hash.AsSpan(0, Math.Min(hash.Length, AuditAnchor.MarkBytes));

    TrailFault? HeadFault(long last)
    {
        var row = _last!.Value;
        if (head is not { } h) return At(row, TrailFaultKind.HeadDisagrees, $"The chain's head is gone from {table.Heads}.") with { Place = table.Heads };
        if (h.Number < last)
        {
            return At(_beyondHead ?? row, TrailFaultKind.HeadDisagrees,
                $"The head in {table.Heads} stands at number {h.Number}: this row and what follows up to {last} were added past it, or the head was set back.");
        }

        return h.Hash.AsSpan().SequenceEqual(row.Hash) && h.Microseconds == row.Microseconds && h.Team == row.Team
            ? null
            : At(row, TrailFaultKind.HeadDisagrees, $"The head in {table.Heads} has the number of the last row, and not its hash, time or team: the head was changed.") with { Place = table.Heads };
    }

    TrailFault Gone(long number, TrailRow after) => new(
        PlaceOf(after), TrailFaultKind.NumberMissing,
        $"The row is gone: after number {number - 1} comes number {after.Number}. {(IsAnchored(number) ? "It was anchored." : "It was not anchored yet.")}", after.Team, Service, number, null, null);

    TrailFault TailGone(long last) => new(
        table.Name, TrailFaultKind.TailGone,
        $"The row and all after it are gone: rows end at number {last}, {Witness(last)}.", _last!.Value.Team, Service, last + 1, null, null);

    TrailFault AllGone() => new(
        table.Name, TrailFaultKind.ChainGone, $"Every row of this chain is gone: {Witness(0)}.", head?.Team ?? _anchors.FirstOrDefault()?.TeamId, Service, 1, null, null);

    string Witness(long last)
    {
        var anchor = _anchors.Where(a => a.SequenceNum > last).MaxBy(a => a.SequenceNum);
        return string.Join(" and ", new[]
        {
            head?.Number > last ? $"the head in {table.Heads} says {head.Value.Number}" : null,
            anchor is not null ? $"number {anchor.SequenceNum} was anchored at {anchor.AnchoredAt:yyyy-MM-dd HH:mm:ss} UTC" : null,
        }.OfType<string>());
    }

    bool IsAnchored(long number) => _anchors.Exists(anchor => anchor.FromSequenceNum <= number && number <= anchor.SequenceNum);

    Guid? Service => table.IsOfServices ? chain : null;

    string PlaceOf(TrailRow row) => row.Archived ? table.Archive! : table.Name;

    TrailFault At(TrailRow row, TrailFaultKind kind, string message) => new(PlaceOf(row), kind, message, row.Team, Service, row.Number, row.Id, row.OccurredAt);
}
