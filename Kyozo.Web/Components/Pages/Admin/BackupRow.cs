using Kyozo.Data;
using Kyozo.Data.Backups;
using Kyozo.Data.Tenancy;
using Kyozo.Web.Components.Pages.Overview;
using Kyozo.Web.Components.Shared;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.Admin;

/// <summary>A backup as lists show it.</summary>
public sealed record BackupRow(
    Guid Id, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, BackupStatus Status, string? File, long? SizeBytes, long? Rows, string? SchemaVersion,
    string? Outcome, string By, DateTimeOffset? RemovedAt);

/// <summary>Reads backups as rows, newest first, and says what about them needs an administrator.</summary>
public static class BackupRows
{
    static readonly TimeSpan Overdue = TimeSpan.FromHours(48);
    const string Page = "/admin/database?show=backups";

    public static async Task<List<BackupRow>> ReadAsync(KyozoContext db, int count, CancellationToken cancellationToken)
    {
        var rows = await (
            from backup in db.Backups.AsNoTracking()
            join user in db.Users on backup.RequestedBy equals user.Id into users
            from user in users.DefaultIfEmpty()
            orderby backup.StartedAt descending
            select new { Backup = backup, user.DisplayName }).Take(count).ToListAsync(cancellationToken);
        return [.. rows.Select(row => new BackupRow(
            row.Backup.Id, row.Backup.StartedAt, row.Backup.FinishedAt, row.Backup.Status, row.Backup.File, row.Backup.SizeBytes, row.Backup.RowCounts?.Values.Sum(),
            row.Backup.SchemaVersion, row.Backup.Outcome, row.DisplayName ?? row.Backup.Node, row.Backup.RemovedAt))];
    }

    /// <summary>What an installation administrator should know on the overview; others are not told.</summary>
    public static async Task<IReadOnlyList<Attention>> AttentionAsync(KyozoContext db, bool administrator, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!administrator) return [];
        var newest = (await ReadAsync(db, 1, cancellationToken)).SingleOrDefault(backup => backup.Status is not BackupStatus.Running);
        var good = await db.Backups.Where(backup => backup.Status == BackupStatus.Good && backup.RemovedAt == null).MaxAsync(backup => (DateTimeOffset?)backup.StartedAt, cancellationToken);
        var installed = await db.Users.Where(user => user.Id == WellKnown.Operator).Select(user => user.CreatedAt).SingleAsync(cancellationToken);
        return Attention(newest, good, installed, now);
    }

    /// <summary>Pure: the newest backup that ended, the newest good one, since when there is something to back up.</summary>
    public static IReadOnlyList<Attention> Attention(BackupRow? newest, DateTimeOffset? good, DateTimeOffset installed, DateTimeOffset now)
    {
        if (newest is { Status: BackupStatus.Failed or BackupStatus.Damaged }) return [new(Look(newest.Status), "Database backup", newest.Outcome, "See the backups", Page)];
        if (now - (good ?? installed) <= Overdue) return [];
        return [new(Look(BackupStatus.Unchecked), "Database backup", newest?.Outcome ?? (good is { } last ? $"The last good backup is {Say.Ago(last, now)}." : "There is no good backup yet."), "See the backups", Page)];
    }

    public static Look Look(BackupStatus status) => status switch
    {
        BackupStatus.Running => new(Tone.Busy, MudBlazor.Icons.Material.Rounded.Sync, "running") { Turns = true },
        BackupStatus.Good => new(Tone.Ok, MudBlazor.Icons.Material.Rounded.CheckCircle, "good"),
        BackupStatus.Unchecked => new(Tone.Warn, MudBlazor.Icons.Material.Rounded.Help, "not checked"),
        BackupStatus.Damaged => new(Tone.Bad, MudBlazor.Icons.Material.Rounded.Dangerous, "damaged"),
        _ => new(Tone.Bad, MudBlazor.Icons.Material.Rounded.Cancel, "failed"),
    };
}
