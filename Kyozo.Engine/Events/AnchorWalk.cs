using Kyozo.Data.Events;

namespace Kyozo.Engine.Events;

/// <summary>
/// Follows the anchors from number 1 on, in table and file side by side: each signed, each covering the signature of the one before it, none left out.
/// What the file alone still has is kept for the chains to be held against. Decides without I/O.
/// </summary>
sealed class AnchorWalk(AnchorKey? key, bool hasFile)
{
    const string Table = "audit_anchors";
    const string File = "anchor file";
    const int MostKept = 200_000;

    AuditAnchor? _last;
    long _next = 1;
    bool _gap;

    public List<TrailFault> Faults { get; } = [];
    public long FaultCount { get; private set; }

    /// <summary>Anchors that are good in the file and not so in the table.</summary>
    public List<AuditAnchor> OnlyInFile { get; } = [];

    public long NotInFile { get; private set; }
    public long Count { get; private set; }
    public DateTimeOffset? LastAt => _last?.AnchoredAt;

    /// <summary>The anchor of the next number, as the table and as the file have it; not both null.</summary>
    public void Check(AuditAnchor? inTable, AuditAnchor? inFile)
    {
        var number = (inTable ?? inFile)!.Number;
        Count++;
        if (number > _next)
        {
            Report(Fault(Table, TrailFaultKind.AnchorGone, null, _next, number == _next + 1 ? $"Anchor {_next} is gone." : $"Anchors {_next} to {number - 1} are gone."));
            _gap = true;
        }

        var tableIsGood = inTable is not null && IsSigned(inTable);
        var fileIsGood = inFile is not null && IsSigned(inFile);
        if (inTable is not null && !tableIsGood) Report(Fault(Table, TrailFaultKind.AnchorForged, inTable, number, $"Anchor {number} was changed, or signed with another key."));
        if (inFile is not null && !fileIsGood) Report(Fault(File, TrailFaultKind.AnchorForged, inFile, number, $"Anchor {number} was changed in the file, or signed with another key."));
        if (inTable is null && fileIsGood) Report(Fault(Table, TrailFaultKind.AnchorGone, inFile, number, $"Anchor {number} is gone from the table; the file still has it."));
        if (inFile is null && hasFile) NotInFile++;
        if (tableIsGood && fileIsGood && !inTable!.Signature.AsSpan().SequenceEqual(inFile!.Signature))
        {
            Report(Fault(Table, TrailFaultKind.AnchorForged, inTable, number, $"Table and file have different anchors under number {number}, both signed with this installation's key."));
            Keep(inFile);
        }

        if (!tableIsGood && fileIsGood) Keep(inFile!);
        var good = fileIsGood ? inFile : tableIsGood ? inTable : null;
        if (good is not null && !_gap && !good.PreviousSignature.AsSpan().SequenceEqual(_last?.Signature))
            Report(Fault(Table, TrailFaultKind.AnchorForged, good, number, $"Anchor {number} does not follow the one before it: that one was put in another's place."));
        _gap = good is null;
        _last = good ?? _last;
        _next = number + 1;
    }

    /// <summary>A line of the file that is none, or out of its order.</summary>
    public void BadLine(long line) => Report(Fault(File, TrailFaultKind.AnchorForged, null, null, $"Line {line} is no anchor, or not in its place."));

    bool IsSigned(AuditAnchor anchor) => key?.HasSigned(anchor) ?? true;

    void Keep(AuditAnchor anchor)
    {
        if (OnlyInFile.Count < MostKept) OnlyInFile.Add(anchor);
    }

    void Report(TrailFault fault)
    {
        FaultCount++;
        if (Faults.Count < TrailVerifier.MostFaults) Faults.Add(fault);
    }

    static TrailFault Fault(string place, TrailFaultKind kind, AuditAnchor? anchor, long? number, string message) =>
        new(place, kind, message, anchor?.TeamId, anchor?.ServiceInstanceId, number, null, anchor?.AnchoredAt);
}
