using Kyozo.Engine.Backups;

namespace Kyozo.Engine.Tests.Backups;

public sealed class BackupRotationTests
{
    static readonly BackupOptions Options = new() { KeepDaily = 3, KeepWeekly = 2, KeepMonthly = 2 };
    static readonly DateTimeOffset Today = new(2026, 3, 18, 2, 30, 0, TimeSpan.Zero);

    [Fact]
    public void Of_a_year_of_days_the_last_days_weeks_and_months_stay()
    {
        var year = Enumerable.Range(0, 365).Select(age => At(Today.AddDays(-age))).ToList();

        var kept = year.Except(BackupRotation.ToRemove(year, Options)).Select(backup => DateOnly.FromDateTime(backup.TakenAt.Date)).Order();

        Assert.Equal([new(2026, 2, 28), new(2026, 3, 15), new(2026, 3, 16), new(2026, 3, 17), new(2026, 3, 18)], kept);
    }

    [Fact]
    public void Of_several_of_one_day_the_newest_stays()
    {
        StoredBackup[] day = [At(Today), At(Today.AddHours(3)), At(Today.AddHours(9))];

        Assert.Equal([day[0], day[1]], BackupRotation.ToRemove(day, Options));
    }

    [Fact]
    public void Days_without_a_backup_cost_none_of_the_good_ones()
    {
        StoredBackup[] old = [At(Today.AddDays(-400)), At(Today.AddDays(-401)), At(Today.AddDays(-402))];

        Assert.Empty(BackupRotation.ToRemove(old, Options));
    }

    [Fact]
    public void One_that_was_never_checked_pushes_no_good_one_out_and_goes_when_a_later_good_one_is_there()
    {
        StoredBackup[] all = [At(Today.AddDays(-9)), At(Today.AddDays(-2)), At(Today.AddDays(-1), isChecked: false), At(Today), At(Today.AddDays(1), isChecked: false)];

        Assert.Equal([all[2]], BackupRotation.ToRemove(all, Options));
    }

    static StoredBackup At(DateTimeOffset at, bool isChecked = true) => new($"{at:O}", at, isChecked);
}
