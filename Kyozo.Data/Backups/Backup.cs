namespace Kyozo.Data.Backups;

/// <summary>One backup of the database, made or tried (table <c>backups</c>, installation-wide). The files are the truth about what can be restored; the rows say how each came to be.</summary>
public sealed class Backup
{
    /// <summary>Key, UUID v7.</summary>
    public Guid Id { get; init; }
    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>When it ended, its check included, or null while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; set; }
    /// <summary>Where it stands.</summary>
    public BackupStatus Status { get; set; }
    /// <summary>Full path of the file, or null when there is none.</summary>
    public string? File { get; set; }
    /// <summary>Size of the encrypted file, or null when there is none.</summary>
    public long? SizeBytes { get; set; }
    /// <summary>Last migration of the database that it holds, or null when it did not come so far.</summary>
    public string? SchemaVersion { get; set; }
    /// <summary>Rows by table (partitions each for itself) in the snapshot that was dumped, or null when it did not come so far.</summary>
    public IReadOnlyDictionary<string, long>? RowCounts { get; set; }
    /// <summary>When it was restored into a scratch database and compared, or null.</summary>
    public DateTimeOffset? CheckedAt { get; set; }
    /// <summary>One line of outcome or error, or null.</summary>
    public string? Outcome { get; set; }
    /// <summary>Worker or machine that made it.</summary>
    public required string Node { get; init; }
    /// <summary>User who asked for it, or null for the schedule.</summary>
    public Guid? RequestedBy { get; init; }
    /// <summary>When rotation removed the file, or null.</summary>
    public DateTimeOffset? RemovedAt { get; set; }
}

/// <summary>Where a backup stands.</summary>
public enum BackupStatus
{
    /// <summary>Being made.</summary>
    Running,
    /// <summary>Written, and by request never restored: nobody knows whether it can be.</summary>
    Unchecked,
    /// <summary>Restored into a scratch database, with the schema and the rows of the original.</summary>
    Good,
    /// <summary>It could not be written; there is no file.</summary>
    Failed,
    /// <summary>Written, but what was restored from it was not the original: kept aside.</summary>
    Damaged,
}
