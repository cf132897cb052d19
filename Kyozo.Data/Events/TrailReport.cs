namespace Kyozo.Data.Events;

/// <summary>What is wrong with a chain of the trail or with its anchors.</summary>
public enum TrailFaultKind
{
    /// <summary>The hash of a row does not follow from the row and the hash before it.</summary>
    HashDiffers,
    /// <summary>A number is not there, though later ones are.</summary>
    NumberMissing,
    /// <summary>Two rows bear one number.</summary>
    NumberTwice,
    /// <summary>A row is older than the row before it.</summary>
    TimeRunsBack,
    /// <summary>The last rows are gone.</summary>
    TailGone,
    /// <summary>Every row of the chain is gone.</summary>
    ChainGone,
    /// <summary>The head of the chain says otherwise than its last row, or is gone.</summary>
    HeadDisagrees,
    /// <summary>Another row was anchored under this number: rows were changed and everything after them was hashed anew.</summary>
    AnchorDisagrees,
    /// <summary>An anchor is gone from the table, the file, or both.</summary>
    AnchorGone,
    /// <summary>An anchor is not signed with this installation's key, or was changed.</summary>
    AnchorForged,
    /// <summary>A policy of the database hides rows from the check.</summary>
    RowsHidden,
}

/// <summary>The first thing that is wrong with one chain, or something that is wrong with the anchors.</summary>
/// <param name="Place">Table, or <c>anchor file</c>.</param>
/// <param name="Kind">What is wrong.</param>
/// <param name="Message">The same in a sentence.</param>
/// <param name="TeamId">The team, or null when it cannot be told.</param>
/// <param name="ServiceInstanceId">The service, or null: the team's audit events, or an anchor.</param>
/// <param name="SequenceNum">Number of the row (of the anchor, where the place is one of anchors).</param>
/// <param name="Id">Id of the row, or null when the row is gone.</param>
/// <param name="OccurredAt">When the row says it happened, or null.</param>
/// <param name="Team">The team's name, or null.</param>
/// <param name="Service">The service's name, or null.</param>
public sealed record TrailFault(
    string Place, TrailFaultKind Kind, string Message, Guid? TeamId, Guid? ServiceInstanceId, long? SequenceNum, Guid? Id, DateTimeOffset? OccurredAt,
    string? Team = null, string? Service = null)
{
    /// <summary>Which row, for people: "service web of team default, number 5".</summary>
    public string Subject => string.Join(", ", new[]
    {
        ServiceInstanceId is { } service ? $"service {Service ?? service.ToString()} of team {Team ?? TeamId?.ToString() ?? "?"}" : TeamId is { } team ? $"team {Team ?? team.ToString()}" : null,
        SequenceNum is { } number ? $"number {number}" : null,
    }.OfType<string>());
}

/// <summary>What a check of the trail found.</summary>
/// <param name="Faults">The first fault of each chain that has one, then those of the anchors; at most 50 of each.</param>
/// <param name="FaultCount">How many there are in all.</param>
/// <param name="Chains">Chains looked at: one per service with events, one per team with audit events.</param>
/// <param name="Rows">Rows looked at.</param>
/// <param name="ArchivedRows">How many of them lie in the archive.</param>
/// <param name="Anchors">Anchors looked at.</param>
/// <param name="LastAnchorAt">When the last anchor was made, or null.</param>
/// <param name="RowsAfterLastAnchor">Rows that no anchor holds yet.</param>
/// <param name="Notes">What could not be looked at, and why; nothing of it is a fault.</param>
public sealed record TrailReport(
    IReadOnlyList<TrailFault> Faults, long FaultCount, long Chains, long Rows, long ArchivedRows, long Anchors, DateTimeOffset? LastAnchorAt,
    long RowsAfterLastAnchor, IReadOnlyList<string> Notes)
{
    /// <summary>Nothing was found.</summary>
    public bool IsWhole => FaultCount == 0;

    /// <summary>The first row that is not what was written, or null.</summary>
    public TrailFault? First => Faults.Count > 0 ? Faults[0] : null;

    /// <summary>What this check cannot see, in a sentence.</summary>
    public string Limits => RowsAfterLastAnchor == 0
        ? "Every row is held by a signed anchor. What somebody wrote through the proper functions with stolen rights looks like any other row."
        : $"{RowsAfterLastAnchor:N0} rows came after their chain's last anchor: whoever rules the database could still rewrite or cut off those, their hashes and their head together, without being seen. The next anchor holds them.";
}

/// <summary>How far a check is.</summary>
/// <param name="Rows">Rows looked at.</param>
/// <param name="ExpectedRows">How many there are by the planner's estimate.</param>
public sealed record TrailProgress(long Rows, long ExpectedRows);

/// <summary>One line of a check as it travels: how far it is, or at the end what it found.</summary>
public sealed record TrailFrame(TrailProgress? Progress, TrailReport? Report = null);
