using Kyozo.Data.Backups;
using Kyozo.Testing;
using Kyozo.Web.Components.Pages.Admin;
using Kyozo.Web.Components.Shared;

namespace Kyozo.Web.Tests.Components;

public sealed class BackupRowsTests(PostgresFixture postgres)
{
    static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_come_newest_first_with_their_rows_summed_and_who_asked()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);
        var ada = await A.UserAsync(database, null, Stop);
        await using var db = database.OpenAsAdmin();
        db.AddRange(
            new Backup { Id = A.Id(), StartedAt = Now.AddDays(-1), Status = BackupStatus.Damaged, Outcome = "a table is missing", Node = "one" },
            new Backup { Id = A.Id(), StartedAt = Now, Status = BackupStatus.Good, RowCounts = new Dictionary<string, long> { ["public.a"] = 2, ["public.b"] = 40 }, Node = "two", RequestedBy = ada.Id });
        await db.SaveChangesAsync(Stop);

        var rows = await BackupRows.ReadAsync(db, 10, Stop);

        Assert.Equal([(BackupStatus.Good, 42L, ada.DisplayName), (BackupStatus.Damaged, null, "one")], rows.Select(row => (row.Status, row.Rows, row.By)));
        Assert.Empty(await BackupRows.AttentionAsync(db, administrator: false, Now, Stop));
    }

    [Theory]
    [InlineData(BackupStatus.Failed)]
    [InlineData(BackupStatus.Damaged)]
    public void One_that_failed_needs_attention_at_once_and_says_why(BackupStatus status)
    {
        var attention = Assert.Single(BackupRows.Attention(Row(status, "disk full"), good: Now.AddHours(-20), installed: Now.AddDays(-90), Now));

        Assert.Equal(("disk full", Tone.Bad, "/admin/database?show=backups"), (attention.Cause, attention.Look.Tone, attention.Href));
    }

    [Fact]
    public void No_good_one_for_two_days_needs_attention_but_not_on_the_first_day()
    {
        Assert.Empty(BackupRows.Attention(null, good: null, installed: Now.AddHours(-47), Now));
        Assert.Contains("no good backup yet", Assert.Single(BackupRows.Attention(null, good: null, installed: Now.AddHours(-49), Now)).Cause, StringComparison.Ordinal);
        Assert.Empty(BackupRows.Attention(Row(BackupStatus.Good), good: Now.AddHours(-47), installed: Now.AddDays(-90), Now));
        Assert.Contains("3 d ago", Assert.Single(BackupRows.Attention(Row(BackupStatus.Good), good: Now.AddDays(-3), installed: Now.AddDays(-90), Now)).Cause, StringComparison.Ordinal);
        Assert.Equal("no scratch database", Assert.Single(BackupRows.Attention(Row(BackupStatus.Unchecked, "no scratch database"), good: null, installed: Now.AddDays(-90), Now)).Cause);
    }

    static BackupRow Row(BackupStatus status, string? outcome = null) => new(A.Id(), Now.AddHours(-9), Now.AddHours(-9), status, null, null, null, null, outcome, "one", null);
}
