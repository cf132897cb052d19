using System.ComponentModel.DataAnnotations;

namespace Kyozo.Engine.Backups;

/// <summary>Where backups go and how many are kept (configuration section <c>Kyozo:Backup</c>).</summary>
public sealed class BackupOptions
{
    /// <summary>Folder of the files; null is <c>KYOZO_HOME/backups</c>. Best on another disk than the database's.</summary>
    public string? Folder { get; init; }

    /// <summary>Restore each backup into a scratch database and compare, before it counts as good.</summary>
    public bool Check { get; init; } = true;

    /// <summary>The newest of so many days are kept.</summary>
    [Range(1, 365)]
    public int KeepDaily { get; init; } = 7;

    /// <summary>The newest of so many weeks are kept, days of the last weeks included.</summary>
    [Range(0, 260)]
    public int KeepWeekly { get; init; } = 4;

    /// <summary>The newest of so many months are kept, the last months included.</summary>
    [Range(0, 120)]
    public int KeepMonthly { get; init; } = 6;

    /// <summary>So many that failed their check are kept aside.</summary>
    [Range(0, 100)]
    public int KeepDamaged { get; init; } = 2;

    /// <summary>So many MiB must stay free on the disk of the backups, and on the database's while one is restored; else it is not begun.</summary>
    [Range(0, int.MaxValue)]
    public int KeepFreeMiB { get; init; } = 256;

    /// <summary>How long a backup waits for an archival that is under way.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "12:00:00")]
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(30);
}
