using System.Globalization;

namespace Kyozo.Engine.Backups;

/// <summary>A backup as a file of the folder.</summary>
/// <param name="Path">The file.</param>
/// <param name="TakenAt">When it was taken, by its name.</param>
/// <param name="Checked">It was restored and compared.</param>
public sealed record StoredBackup(string Path, DateTimeOffset TakenAt, bool Checked);

/// <summary>Which backups may go: pure.</summary>
public static class BackupRotation
{
    /// <summary>Those that neither are the newest of one of the last days, weeks (ISO) or months that have a good backup. Days without one do not count, so that backups that fail for a month cost none of the good ones. One that was never checked goes when a good one of a later day is kept.</summary>
    public static IReadOnlyList<StoredBackup> ToRemove(IReadOnlyList<StoredBackup> backups, BackupOptions options)
    {
        var good = backups.Where(backup => backup.Checked).OrderByDescending(backup => backup.TakenAt).ToList();
        HashSet<StoredBackup> kept =
        [
            .. Newest(options.KeepDaily, at => at.Date),
            .. Newest(options.KeepWeekly, at => (ISOWeek.GetYear(at), ISOWeek.GetWeekOfYear(at))),
            .. Newest(options.KeepMonthly, at => (at.Year, at.Month)),
        ];
        var notYetReplaced = backups.Where(backup => !backup.Checked && !kept.Any(later => later.TakenAt.UtcDateTime.Date > backup.TakenAt.UtcDateTime.Date));
        return [.. backups.Except(kept).Except(notYetReplaced)];

        IEnumerable<StoredBackup> Newest<T>(int count, Func<DateTime, T> period) =>
            good.DistinctBy(backup => period(backup.TakenAt.UtcDateTime)).Take(count);
    }
}
