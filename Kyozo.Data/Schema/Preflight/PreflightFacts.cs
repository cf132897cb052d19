namespace Kyozo.Data.Schema.Preflight;

/// <summary>What <see cref="PreflightReader"/> found; <see cref="PreflightRules"/> judges it.</summary>
sealed record PreflightFacts
{
    public required DateTimeOffset Now { get; init; }
    public required string Database { get; init; }

    /// <summary>As the server counts: 150013.</summary>
    public required int Version { get; init; }
    public required string VersionName { get; init; }
    public required bool ReadOnly { get; init; }
    public required string Encoding { get; init; }

    /// <summary>Extension → true when it is installed, false when it could be; not there when the server does not have it.</summary>
    public required IReadOnlyDictionary<string, bool> Extensions { get; init; }
    public required IReadOnlyDictionary<string, string> Settings { get; init; }
    public required RightsFact Rights { get; init; }
    public required ConnectionFact Connection { get; init; }

    public required IReadOnlyList<string> Pending { get; init; }
    public required IReadOnlyList<string> Unknown { get; init; }

    /// <summary>Tables of our names in a database that has none of our migrations.</summary>
    public required IReadOnlyList<string> Collisions { get; init; }

    public required long DatabaseBytes { get; init; }
    public required TableFact? LargestTable { get; init; }
    public required DiskFact? Disk { get; init; }
    public required BackupFact Backup { get; init; }

    public required bool SeesOthers { get; init; }
    public required IReadOnlyList<SessionFact> OldTransactions { get; init; }
    public required long PreparedTransactions { get; init; }
    public required IReadOnlyList<string> Blocked { get; init; }
    public required IReadOnlyList<LockFact> Locks { get; init; }
    public required IReadOnlyList<string> KyozoSessions { get; init; }
    public required long RunningDeployments { get; init; }
    public required IReadOnlyList<string> Standbys { get; init; }
    public required IReadOnlyList<string> IdleSlots { get; init; }
}

/// <summary>The role with which the migration would connect.</summary>
sealed record RightsFact(string Role, bool Superuser, bool CreateRole, bool OwnsDatabase, IReadOnlyList<string> MissingRoles, bool IsOwner);

/// <summary>How the connection is made.</summary>
sealed record ConnectionFact(string Host, bool SameMachine, bool Encrypted, bool Verified);

sealed record TableFact(string Name, long Bytes);

/// <summary>The disk of the server's data folder.</summary>
sealed record DiskFact(string Folder, long FreeBytes, long TotalBytes);

/// <summary>The newest backup that was restored and found good, and whether this version keeps books about backups at all.</summary>
sealed record BackupFact(bool Kept, DateTimeOffset? LastGood, DateTimeOffset? LastUnchecked);

sealed record SessionFact(int ProcessId, string Who, TimeSpan Age, string Query);

/// <summary>A table that is there and that a pending migration locks.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Mode">How.</param>
/// <param name="Migration">By which migration first.</param>
/// <param name="Bytes">Its size with indexes.</param>
/// <param name="Holders">Sessions that hold a lock now for which the migration would wait.</param>
sealed record LockFact(string Table, LockMode Mode, string Migration, long Bytes, IReadOnlyList<SessionFact> Holders);
